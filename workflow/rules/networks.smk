rule pretrain_backbone:
    output:
        network="<results>/backbones/{backbone}/init.safetensors",
    log:
        "<logs>/pretrain_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/pretrain_backbone/{backbone}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.pretrain_backbone
    resources:
        gpu=gpus,
    params:
        code=pretraining_code,
        plugins=pretraining_plugins,
        backbone=backbone_options,
        data_root=study.data_root,
        device=study.device,
        threads=study.threads.pretrain_backbone,
    message:
        "pretrain {wildcards.backbone}"
    script:
        "../scripts/pretrain_backbone.py"


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
        network=f"{RUN}/model.safetensors",
        history=f"{RUN}/history.parquet",
    log:
        "<logs>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.finetune
    resources:
        gpu=gpus,
    params:
        code=recipe_code,
        plugins=recipe_plugins,
        recipe=recipe_options,
        device=study.device,
        threads=study.threads.finetune,
    message:
        "finetune {wildcards.backbone} on {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/finetune.py"
