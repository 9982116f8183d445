rule extract_weights:
    input:
        network=f"{RUN}/model.safetensors",
    output:
        weights=kept(f"{RUN}/weights.parquet"),
    log:
        "<logs>/extract_weights/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/extract_weights/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    params:
        code=code("extract_weights"),
    message:
        "extract weights of {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/extract_weights.py"


use rule extract_weights as extract_initial_weights with:
    input:
        network=f"{INITIAL}/model.safetensors",
    output:
        weights=kept(f"{INITIAL}/weights.parquet"),
    log:
        "<logs>/extract_initial_weights/{dataset}/{initial}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/extract_initial_weights/{dataset}/{initial}/seed-{seed}.tsv"
    message:
        "extract initial weights of {wildcards.initial}, seed {wildcards.seed}"


rule fit_spectra:
    input:
        weights=f"{RUN}/weights.parquet",
        initial=files.initial("weights.parquet"),
        initial_eigenvalues=files.initial("eigenvalues.parquet"),
        initial_vectors=files.initial("vectors.safetensors"),
    output:
        spectra=f"{RUN}/spectra.parquet",
        eigenvalues=f"{RUN}/eigenvalues.parquet",
    log:
        "<logs>/fit_spectra/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/fit_spectra/{kind}/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    threads: study.threads.fit_spectra
    resources:
        gpu=spectra_gpus,
    params:
        code=code("fit_spectra"),
        spectra=study.spectra.slice(),
    message:
        "fit spectra of {wildcards.condition}, seed {wildcards.seed}"
    script:
        "../scripts/fit_spectra.py"


use rule fit_spectra as fit_initial_spectra with:
    input:
        weights=f"{INITIAL}/weights.parquet",
    output:
        spectra=f"{INITIAL}/spectra.parquet",
        eigenvalues=f"{INITIAL}/eigenvalues.parquet",
        vectors=kept(f"{INITIAL}/vectors.safetensors"),
    log:
        "<logs>/fit_initial_spectra/{dataset}/{initial}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/fit_initial_spectra/{dataset}/{initial}/seed-{seed}.tsv"
    message:
        "fit spectra of {wildcards.initial} before training, seed {wildcards.seed}"


use rule fit_spectra as fit_spectra_along with:
    input:
        networks=STEPS,
        initial=files.initial("weights.parquet"),
        initial_eigenvalues=files.initial("eigenvalues.parquet"),
        initial_vectors=files.initial("vectors.safetensors"),
    output:
        spectra=f"{TRAINED}/spectra_along.parquet",
    log:
        "<logs>/fit_spectra_along/{dataset}/{backbone}/{condition}/seed-{seed}.log",
    benchmark:
        "<benchmarks>/fit_spectra_along/{dataset}/{backbone}/{condition}/seed-{seed}.tsv"
    params:
        code=code("fit_spectra"),
        spectra=study.spectra.slice(),
        has_start=study.spectra_along is not None and study.spectra_along.has_start,
    message:
        "fit spectra along the training of {wildcards.condition}, seed {wildcards.seed}"
