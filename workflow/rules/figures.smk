rule plot_figure:
    input:
        tables=files.figure_tables,
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
    params:
        code=lambda w: code("plot_figure", plan.figures[w.figure].modules),
        figure=lambda w: plan.figures[w.figure].slice(),
        form=study.comparison.form,
        caption=lambda w: plan.figures[w.figure].build().caption,
    message:
        "plot {wildcards.figure}"
    script:
        "../scripts/plot_figure.py"
