rule train_generator:
    input:
        train=f"{DATA}/train.safetensors",
        parent=files.generator_parent,
    output:
        generator=f"{SYNTHETIC}/generator.safetensors",
    log:
        "<logs>/train_generator/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/train_generator/{dataset}/{generator}.tsv"
    threads: study.threads.train_generator
    resources:
        gpu=gpus,
    params:
        code=lambda w: code("train_generator", plan.generators[w.generator].modules),
        generator=lambda w: plan.generator_training(w.generator),
        listing=lambda w: refuse(plan.generator_listing, w.generator),
        place=place(study.threads.train_generator),
    message:
        "train generator {wildcards.generator} on {wildcards.dataset}"
    script:
        "../scripts/train_generator.py"


rule generate_images:
    input:
        train=f"{DATA}/train.safetensors",
        generator=files.generator_fit,
    output:
        images=f"{SYNTHETIC}/images.safetensors",
    log:
        "<logs>/generate_images/{dataset}/{generator}.log",
    benchmark:
        "<benchmarks>/generate_images/{dataset}/{generator}.tsv"
    threads: study.threads.generate_images
    resources:
        gpu=gpus,
    params:
        code=lambda w: code("generate_images", plan.generators[w.generator].modules),
        generator=lambda w: plan.generators[w.generator].slice(),
        place=place(study.threads.generate_images),
    message:
        "generate images: {wildcards.generator} for {wildcards.dataset}"
    script:
        "../scripts/generate_images.py"
