rule embed_images:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        network=backbone_network,
    output:
        embeddings="<results>/diversity/{dataset}/{backbone}/embeddings.safetensors",
    log:
        "<logs>/embed_images/{dataset}/{backbone}.log",
    benchmark:
        "<benchmarks>/embed_images/{dataset}/{backbone}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.measure_diversity
    resources:
        gpu=gpus,
    params:
        code=code("embed_images"),
        device=study.device,
        threads=study.threads.measure_diversity,
    message:
        "embed {wildcards.dataset} by {wildcards.backbone}"
    script:
        "../scripts/embed_images.py"


rule measure_diversity:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        synthetic=set_synthetic,
        network=set_network,
        embeddings=set_embeddings,
    output:
        table=f"{IMAGE_SET}/diversity.parquet",
        samples=f"{IMAGE_SET}/samples.parquet",
    log:
        "<logs>/measure_diversity/{dataset}/{backbone}/{set}.log",
    benchmark:
        "<benchmarks>/measure_diversity/{dataset}/{backbone}/{set}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.measure_diversity
    resources:
        gpu=set_gpus,
    params:
        code=set_code,
        plugins=set_plugins,
        image_set=set_options,
        diversity=study.diversity.slice() if study.diversity else {},
        in_chans=lambda wildcards: plan.backbones[wildcards.backbone].in_chans,
        img_size=lambda wildcards: plan.backbones[wildcards.backbone].img_size,
        device=study.device,
        threads=study.threads.measure_diversity,
    message:
        "measure diversity of {wildcards.dataset}, {wildcards.backbone}: {wildcards.set}"
    script:
        "../scripts/measure_diversity.py"


rule collect_diversity:
    input:
        parts=of_all_sets("diversity.parquet"),
        samples=of_all_sets("samples.parquet"),
    output:
        table="<results>/tables/diversity.parquet",
        samples="<results>/tables/samples.parquet",
    log:
        "<logs>/collect_diversity.log",
    benchmark:
        "<benchmarks>/collect_diversity.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_diversity"),
    message:
        "collect the tables of diversity"
    script:
        "../scripts/collect_diversity.py"
