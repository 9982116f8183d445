rule train_generator:
    input:
        train="<results>/data/{dataset}/train.safetensors",
    output:
        generator="<results>/synthetic/{dataset}/{generator}/generator.safetensors",
    log:
        "<logs>/train_generator/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/train_generator/{dataset}/{generator}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=train_generator_code,
        plugins=generator_plugins,
        generator=generator_options,
    message:
        "train generator {wildcards.generator} on {wildcards.dataset}"
    script:
        "../scripts/train_generator.py"


rule generate_images:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        generator=rules.train_generator.output.generator,
    output:
        images="<results>/synthetic/{dataset}/{generator}/images.safetensors",
    log:
        "<logs>/generate_images/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/generate_images/{dataset}/{generator}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=generate_images_code,
        plugins=generator_plugins,
        generator=generator_options,
    message:
        "generate images: {wildcards.generator} for {wildcards.dataset}"
    script:
        "../scripts/generate_images.py"
