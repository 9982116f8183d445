rule prepare_dataset:
    output:
        train="<results>/data/{dataset}/train.safetensors",
        val="<results>/data/{dataset}/val.safetensors",
        test="<results>/data/{dataset}/test.safetensors",
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
        data_root=study.data_root,
    message:
        "prepare dataset {wildcards.dataset}"
    script:
        "../scripts/prepare_dataset.py"


rule prepare_shift:
    input:
        test="<results>/data/{dataset}/test.safetensors",
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
