rule analyse_checkpoint:
    input:
        checkpoint_files,
    output:
        table=CHECKPOINT,
    log:
        "<logs>/analyse_checkpoint/{checkpoint}.log",
    benchmark:
        "<benchmarks>/analyse_checkpoint/{checkpoint}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.fit_spectra
    resources:
        gpu=spectra_gpus,
    params:
        code=code("analyse_checkpoint"),
        checkpoint=checkpoint_options,
        spectra=study.spectra.slice(),
    message:
        "analyse checkpoint {wildcards.checkpoint}"
    script:
        "../scripts/analyse_checkpoint.py"


rule collect_checkpoints:
    input:
        parts=collect(CHECKPOINT, checkpoint=plan.checkpoints),
    output:
        table="<results>/tables/checkpoint_spectra.parquet",
    log:
        "<logs>/collect_checkpoints.log",
    benchmark:
        "<benchmarks>/collect_checkpoints.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_checkpoints"),
    message:
        "collect the table of checkpoints"
    script:
        "../scripts/collect_checkpoints.py"
