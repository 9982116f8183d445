# The files that a table joins.
PARTS = {
    "training": files.of_trained(f"{TRAINED}/history.parquet"),
    "scores": files.of_runs(f"{RUN}/scores.parquet"),
    "calibration": files.of_runs(f"{RUN}/calibration.parquet"),
    "influences": files.of_runs(f"{RUN}/influences.parquet"),
    "agreement": files.of_runs(AGREEMENT),
    "spectra": files.of_initials(f"{INITIAL}/spectra.parquet")
    + files.of_networks(f"{RUN}/spectra.parquet"),
    "spectra_along": files.of_trained(f"{TRAINED}/spectra_along.parquet"),
    "measurements": files.of_networks(f"{RUN}/measurements.parquet")
    + [file for course in COURSE.values() for file in files.of_trained(course)],
    "diversity": files.of_image_sets("diversity.parquet"),
    "samples": files.of_image_sets("samples.parquet"),
    "checkpoint_spectra": [
        expand(CHECKPOINT, checkpoint=name) for name in plan.checkpoints
    ],
}
COMPARED = [
    f"<results>/tables/{table}.parquet"
    for table in ("runs", "spectra", "scores", "influences")
]
MEASURED = ["<results>/tables/measurements.parquet"] if study.measurements else []


rule collect_table:
    input:
        parts=lambda w: PARTS[w.table],
    output:
        table=TABLE,
    log:
        "<logs>/collect_table/{table}.log",
    benchmark:
        "<benchmarks>/collect_table/{table}.tsv"
    wildcard_constraints:
        table=one_of(PARTS),
    params:
        code=lambda w: code("collect_table", [MODULES[w.table]]),
        table=lambda w: w.table,
    message:
        "collect the table {wildcards.table}"
    script:
        "../scripts/collect_table.py"


rule collect_runs:
    input:
        histories=files.of_trained(f"{TRAINED}/history.parquet"),
        # A run may fail after its training; its scores say so.
        scores=files.of_runs(f"{RUN}/scores.parquet"),
    output:
        table="<results>/tables/runs.parquet",
    log:
        "<logs>/collect_runs.log",
    benchmark:
        "<benchmarks>/collect_runs.tsv"
    params:
        code=code("collect_runs"),
        runs=plan.describe_runs(),
        decay=plan.describe_decay(),
    message:
        "collect the table of runs"
    script:
        "../scripts/collect_runs.py"


rule compare_conditions:
    input:
        runs=COMPARED[0],
        spectra=COMPARED[1],
        scores=COMPARED[2],
        influences=COMPARED[3],
        measurements=MEASURED,
    output:
        comparisons="<results>/tables/comparisons.parquet",
        likeness="<results>/tables/likeness.parquet",
        trends="<results>/tables/trends.parquet",
        relations="<results>/tables/relations.parquet",
    log:
        "<logs>/compare_conditions.log",
    benchmark:
        "<benchmarks>/compare_conditions.tsv"
    params:
        code=code("compare_conditions"),
        comparison=study.comparison.slice(),
    message:
        "compare conditions with their references"
    script:
        "../scripts/compare_conditions.py"


rule test_claims:
    input:
        runs=COMPARED[0],
        spectra=COMPARED[1],
        scores=COMPARED[2],
        influences=COMPARED[3],
        measurements=MEASURED,
    output:
        table="<results>/tables/claims.parquet",
    log:
        "<logs>/test_claims.log",
    benchmark:
        "<benchmarks>/test_claims.tsv"
    params:
        code=code("test_claims"),
        comparison=study.comparison.slice(),
        claims=[claim.slice() for claim in study.all_claims],
    message:
        "test the claims"
    script:
        "../scripts/test_claims.py"
