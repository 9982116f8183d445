rule embed_images:
    input:
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
        network=files.backbone_network,
    output:
        embeddings=EMBEDDINGS,
    log:
        "<logs>/embed_images/{dataset}/{backbone}.log",
    benchmark:
        "<benchmarks>/embed_images/{dataset}/{backbone}.tsv"
    threads: study.threads.measure_diversity
    resources:
        gpu=gpus,
    params:
        code=code("embed_images"),
        place=place(study.threads.measure_diversity),
    message:
        "embed {wildcards.dataset} by {wildcards.backbone}"
    script:
        "../scripts/embed_images.py"


rule measure_diversity:
    input:
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
        synthetic=files.set_synthetic,
        network=files.set_network,
        embeddings=files.set_embeddings,
    output:
        table=f"{IMAGE_SET}/diversity.parquet",
        samples=f"{IMAGE_SET}/samples.parquet",
    log:
        "<logs>/measure_diversity/{dataset}/{backbone}/{set}.log",
    benchmark:
        "<benchmarks>/measure_diversity/{dataset}/{backbone}/{set}.tsv"
    threads: study.threads.measure_diversity
    resources:
        gpu=lambda w: gpus if files.set_network(w) else 0,
    params:
        code=lambda w: code("measure_diversity", plan.image_sets[w.set].modules),
        image_set=lambda w: plan.image_sets[w.set].slice(),
        diversity=study.diversity.slice() if study.diversity else {},
        in_chans=lambda w: plan.initial_networks[w.backbone].in_chans,
        img_size=lambda w: plan.initial_networks[w.backbone].img_size,
        place=place(study.threads.measure_diversity),
    message:
        "measure diversity of {wildcards.dataset}, {wildcards.backbone}: {wildcards.set}"
    script:
        "../scripts/measure_diversity.py"
