rule train_generator:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        parent=generator_parent,
    output:
        generator="<results>/synthetic/{dataset}/{generator}/generator.safetensors",
    log:
        "<logs>/train_generator/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/train_generator/{dataset}/{generator}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.train_generator
    resources:
        gpu=gpus,
    params:
        code=train_generator_code,
        plugins=generator_plugins,
        generator=generator_training,
        listing=generator_listing,
        device=study.device,
        threads=study.threads.train_generator,
    message:
        "train generator {wildcards.generator} on {wildcards.dataset}"
    script:
        "../scripts/train_generator.py"


rule generate_images:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        generator=generator_fit,
    output:
        images="<results>/synthetic/{dataset}/{generator}/images.safetensors",
    log:
        "<logs>/generate_images/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/generate_images/{dataset}/{generator}.tsv"
    conda:
        ENVIRONMENT
    threads: study.threads.generate_images
    resources:
        gpu=gpus,
    params:
        code=generate_images_code,
        plugins=generator_plugins,
        generator=generator_options,
        device=study.device,
        threads=study.threads.generate_images,
    message:
        "generate images: {wildcards.generator} for {wildcards.dataset}"
    script:
        "../scripts/generate_images.py"
