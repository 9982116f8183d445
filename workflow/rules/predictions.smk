rule predict:
    input:
        network=f"{RUN}/model.safetensors",
        val=f"{DATA}/val.safetensors",
        test=f"{DATA}/test.safetensors",
        shifts=files.shifts,
    output:
        predictions=f"{RUN}/predictions.parquet",
    log:
        "<logs>/predict/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/predict/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(NETWORKS),
    threads: study.threads.predict
    resources:
        gpu=gpus,
    params:
        code=code("predict"),
        shifts=lambda w: plan.shifts_of(w.dataset),
        place=place(study.threads.predict),
    message:
        "predict {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/predict.py"


rule ensemble_predictions:
    input:
        members=files.ensembled,
    output:
        predictions=f"{DERIVED}/predictions.parquet",
    log:
        "<logs>/ensemble_predictions/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/ensemble_predictions/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(ENSEMBLES),
    params:
        code=code("ensemble_predictions"),
    message:
        "ensemble {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/ensemble_predictions.py"


rule score_predictions:
    input:
        predictions=f"{RUN}/predictions.parquet",
    output:
        scores=f"{RUN}/scores.parquet",
        calibration=f"{RUN}/calibration.parquet",
        influences=f"{RUN}/influences.parquet",
    log:
        "<logs>/score_predictions/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/score_predictions/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    params:
        code=code("score_predictions"),
    message:
        "score {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/score_predictions.py"


rule measure_agreement:
    input:
        predictions=collect(
            f"{RUN}/predictions.parquet", seed=plan.seeds, allow_missing=True
        ),
    output:
        agreement=AGREEMENT,
    log:
        "<logs>/measure_agreement/{kind}/{dataset}/{backbone}/{condition}.log",
    benchmark:
        "<benchmarks>/measure_agreement/{kind}/{dataset}/{backbone}/{condition}.tsv"
    params:
        code=code("measure_agreement"),
    message:
        "measure agreement: {wildcards.condition}"
    script:
        "../scripts/measure_agreement.py"
