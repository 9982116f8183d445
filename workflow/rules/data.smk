localrules:
    fetch_source,


rule fetch_source:
    output:
        fetched=RECORD,
    log:
        # Beside what it writes, which studies share.
        "results/fetched/logs/fetch_source/{source}.log",
    benchmark:
        "results/fetched/benchmarks/fetch_source/{source}.tsv"
    resources:
        data_root=study.data_root,
    params:
        code=lambda w: code("fetch_source", plan.source_modules(w.source)),
    message:
        "fetch {wildcards.source}"
    script:
        "../scripts/fetch_source.py"


rule prepare_dataset:
    input:
        fetched=files.dataset_download,
    output:
        train=f"{DATA}/train.safetensors",
        val=f"{DATA}/val.safetensors",
        test=f"{DATA}/test.safetensors",
        elsewhere=f"{DATA}/elsewhere.safetensors",
    log:
        "<logs>/prepare_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/prepare_dataset/{dataset}.tsv"
    resources:
        data_root=study.data_root,
    params:
        code=lambda w: code("prepare_dataset", plan.datasets[w.dataset].modules),
        dataset=lambda w: plan.dataset_options(w.dataset),
        listing=lambda w: refuse(plan.dataset_listing, w.dataset),
    message:
        "prepare dataset {wildcards.dataset}"
    script:
        "../scripts/prepare_dataset.py"


rule prepare_shift:
    input:
        test=f"{DATA}/test.safetensors",
        elsewhere=f"{DATA}/elsewhere.safetensors",
        fetched=files.shift_download,
    output:
        images=SHIFT,
    log:
        "<logs>/prepare_shift/{dataset}/{shift}.log",
    benchmark:
        "<benchmarks>/prepare_shift/{dataset}/{shift}.tsv"
    resources:
        data_root=study.data_root,
    params:
        code=lambda w: code("prepare_shift", plan.shifts[w.shift].modules),
        shift=lambda w: plan.shifts[w.shift].slice(),
    message:
        "shift {wildcards.dataset}: {wildcards.shift}"
    script:
        "../scripts/prepare_shift.py"


rule sample_images:
    input:
        train=f"{DATA}/train.safetensors",
        test=f"{DATA}/test.safetensors",
        shifts=files.shifts,
    output:
        pictures=PICTURES,
    log:
        "<logs>/sample_images/{dataset}.log",
    benchmark:
        "<benchmarks>/sample_images/{dataset}.tsv"
    params:
        code=code("sample_images"),
        shifts=lambda w: plan.shifts_of(w.dataset),
    message:
        "sample images of {wildcards.dataset}"
    script:
        "../scripts/sample_images.py"
