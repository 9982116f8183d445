rule predict:
    input:
        network=f"{RUN}/model.safetensors",
        val="<results>/data/{dataset}/val.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        shifts=collect(
            "<results>/data/{{dataset}}/shifts/{shift}.safetensors", shift=plan.shifts
        ),
    output:
        predictions=f"{RUN}/predictions.parquet",
    log:
        "<logs>/predict/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/predict/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.predict
    resources:
        gpu=gpus,
    params:
        code=code("predict"),
        shifts=list(plan.shifts),
        device=study.device,
        threads=study.threads.predict,
    message:
        "predict {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/predict.py"


rule score_predictions:
    input:
        predictions=f"{RUN}/predictions.parquet",
    output:
        scores=f"{RUN}/scores.parquet",
    log:
        "<logs>/score_predictions/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/score_predictions/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("score_predictions"),
    message:
        "score {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/score_predictions.py"
