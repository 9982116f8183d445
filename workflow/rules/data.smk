localrules:
    fetch_source,


rule fetch_source:
    output:
        fetched=RECORD,
    log:
        "<logs>/fetch_source/{source}.log",
    benchmark:
        "<benchmarks>/fetch_source/{source}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=source_code,
        plugins=source_plugins,
    message:
        "fetch {wildcards.source}"
    script:
        "../scripts/fetch_source.py"


rule prepare_dataset:
    input:
        fetched=dataset_download,
    output:
        train="<results>/data/{dataset}/train.safetensors",
        val="<results>/data/{dataset}/val.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        elsewhere="<results>/data/{dataset}/elsewhere.safetensors",
    log:
        "<logs>/prepare_dataset/{dataset}.log",
    benchmark:
        "<benchmarks>/prepare_dataset/{dataset}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=dataset_code,
        plugins=dataset_plugins,
        dataset=dataset_options,
        listing=dataset_listing,
    message:
        "prepare dataset {wildcards.dataset}"
    script:
        "../scripts/prepare_dataset.py"


rule prepare_shift:
    input:
        test="<results>/data/{dataset}/test.safetensors",
        elsewhere="<results>/data/{dataset}/elsewhere.safetensors",
        fetched=shift_download,
    output:
        images="<results>/data/{dataset}/shifts/{shift}.safetensors",
    log:
        "<logs>/prepare_shift/{dataset}/{shift}.log",
    benchmark:
        "<benchmarks>/prepare_shift/{dataset}/{shift}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=shift_code,
        plugins=shift_plugins,
        shift=shift_options,
    message:
        "shift {wildcards.dataset}: {wildcards.shift}"
    script:
        "../scripts/prepare_shift.py"


rule sample_images:
    input:
        train="<results>/data/{dataset}/train.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
        shifts=shift_files,
    output:
        pictures=PICTURES,
    log:
        "<logs>/sample_images/{dataset}.log",
    benchmark:
        "<benchmarks>/sample_images/{dataset}.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("sample_images"),
        shifts=test_shifts,
    message:
        "sample images of {wildcards.dataset}"
    script:
        "../scripts/sample_images.py"
