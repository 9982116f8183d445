rule collect_runs:
    input:
        histories=of_trained_runs(f"{RUN}/history.parquet"),
    output:
        table="<results>/tables/runs.parquet",
    log:
        "<logs>/collect_runs.log",
    benchmark:
        "<benchmarks>/collect_runs.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_runs"),
        runs=plan.describe_runs(),
    message:
        "collect the table of runs"
    script:
        "../scripts/collect_runs.py"


rule collect_training:
    input:
        parts=of_trained_runs(f"{RUN}/history.parquet"),
    output:
        table="<results>/tables/training.parquet",
    log:
        "<logs>/collect_training.log",
    benchmark:
        "<benchmarks>/collect_training.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_training"),
    message:
        "collect the table of training"
    script:
        "../scripts/collect_training.py"


rule collect_scores:
    input:
        parts=of_all_runs(f"{RUN}/scores.parquet"),
    output:
        table="<results>/tables/scores.parquet",
    log:
        "<logs>/collect_scores.log",
    benchmark:
        "<benchmarks>/collect_scores.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_scores"),
    message:
        "collect the table of scores"
    script:
        "../scripts/collect_scores.py"


rule collect_reliability:
    input:
        parts=of_all_runs(f"{RUN}/reliability.parquet"),
    output:
        table="<results>/tables/reliability.parquet",
    log:
        "<logs>/collect_reliability.log",
    benchmark:
        "<benchmarks>/collect_reliability.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_reliability"),
    message:
        "collect the table of reliability"
    script:
        "../scripts/collect_reliability.py"


rule collect_agreement:
    input:
        parts=list(dict.fromkeys(of_all_runs(AGREEMENT))),
    output:
        table="<results>/tables/agreement.parquet",
    log:
        "<logs>/collect_agreement.log",
    benchmark:
        "<benchmarks>/collect_agreement.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_agreement"),
    message:
        "collect the table of agreement"
    script:
        "../scripts/collect_agreement.py"


rule collect_spectra:
    input:
        parts=of_all_initials(f"{INITIAL}/spectra.parquet")
        + of_networks(f"{RUN}/spectra.parquet"),
    output:
        table="<results>/tables/spectra.parquet",
    log:
        "<logs>/collect_spectra.log",
    benchmark:
        "<benchmarks>/collect_spectra.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("collect_spectra"),
    message:
        "collect the table of spectra"
    script:
        "../scripts/collect_spectra.py"


rule compare_conditions:
    input:
        runs="<results>/tables/runs.parquet",
        spectra="<results>/tables/spectra.parquet",
        scores="<results>/tables/scores.parquet",
    output:
        comparisons="<results>/tables/comparisons.parquet",
        likeness="<results>/tables/likeness.parquet",
        trends="<results>/tables/trends.parquet",
        relations="<results>/tables/relations.parquet",
    log:
        "<logs>/compare_conditions.log",
    benchmark:
        "<benchmarks>/compare_conditions.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("compare_conditions"),
        metrics=list(study.comparison.spectra_metrics),
    message:
        "compare conditions with their references"
    script:
        "../scripts/compare_conditions.py"


rule test_claims:
    input:
        runs="<results>/tables/runs.parquet",
        spectra="<results>/tables/spectra.parquet",
        scores="<results>/tables/scores.parquet",
    output:
        table="<results>/tables/claims.parquet",
    log:
        "<logs>/test_claims.log",
    benchmark:
        "<benchmarks>/test_claims.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("test_claims"),
        comparison=study.comparison.slice(),
        claims=[claim.slice() for claim in study.all_claims],
    message:
        "test the claims"
    script:
        "../scripts/test_claims.py"


rule summarise_study:
    input:
        runs="<results>/tables/runs.parquet",
        scores="<results>/tables/scores.parquet",
        comparisons="<results>/tables/comparisons.parquet",
    output:
        summary="<results>/summary.txt",
    log:
        "<logs>/summarise_study.log",
    benchmark:
        "<benchmarks>/summarise_study.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("summarise_study"),
    message:
        "summarise the study"
    script:
        "../scripts/summarise_study.py"
