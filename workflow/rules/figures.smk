rule plot_figure:
    input:
        tables=figure_tables,
    output:
        png=report(
            "<results>/figures/{figure}.png",
            caption="../report/figure.rst",
            category="Figures",
            labels={"figure": "{figure}"},
        ),
        pdf="<results>/figures/{figure}.pdf",
        numbers="<results>/figures/{figure}.parquet",
    log:
        "<logs>/plot_figure/{figure}.log",
    benchmark:
        "<benchmarks>/plot_figure/{figure}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=figure_code,
        plugins=figure_plugins,
        figure=figure_options,
        caption=figure_caption,
    message:
        "plot {wildcards.figure}"
    script:
        "../scripts/plot_figure.py"
