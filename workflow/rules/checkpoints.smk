rule analyse_checkpoint:
    input:
        files.checkpoint,
    output:
        table=CHECKPOINT,
    log:
        "<logs>/analyse_checkpoint/{checkpoint}.log",
    benchmark:
        "<benchmarks>/analyse_checkpoint/{checkpoint}.tsv"
    threads: study.threads.fit_spectra
    resources:
        gpu=spectra_gpus,
    params:
        code=code("analyse_checkpoint"),
        checkpoint=lambda w: plan.checkpoints[w.checkpoint].slice(),
        spectra=study.spectra.slice(),
    message:
        "analyse checkpoint {wildcards.checkpoint}"
    script:
        "../scripts/analyse_checkpoint.py"
