from weightscape.content import content_digest

REPORTED = ["runs", "scores", "influences", "spectra", "comparisons", "likeness"]
REPORTED += ["trends", "relations", "claims"] + ["measurements"] * bool(
    study.measurements
)
# Files of the workflow: their content counts, not where the workflow lies.
PAGE = [
    "workflow/report/report.html.j2",
    "workflow/report/report.css",
    "workflow/report/tables.js",
    "workflow/report/explorer.js",
    "CITATION.cff",
]
# What the study is for.
TABLES = [*REPORTED, "training", "calibration", "agreement"] if study.conditions else []
TABLES += ["spectra_along"] if study.spectra_along else []
TABLES += ["diversity", "samples"] if study.diversity else []
TABLES += ["checkpoint_spectra"] if study.checkpoints else []
TARGETS = (
    [expand(TABLE, table=table) for table in TABLES]
    + [
        expand(FIGURE, figure=figure, suffix=suffix)
        for figure in plan.figures
        for suffix in ("png", "pdf", "parquet")
    ]
    + ["<results>/summary.txt", "<results>/report.html"] * bool(study.conditions)
)


localrules:
    write_manifest,


rule build_report:
    input:
        tables=[expand(TABLE, table=table) for table in REPORTED],
        eigenvalues=files.of_first_seed("eigenvalues.parquet"),
        # One run's, for the versions of what trained it.
        history=files.of_trained(f"{TRAINED}/history.parquet")[:1],
        networks=files.of_origins(),
        figures=[expand(FIGURE, figure=figure, suffix="png") for figure in plan.figures],
    output:
        report=report(
            "<results>/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"page": "report"},
        ),
        summary="<results>/summary.txt",
    log:
        "<logs>/build_report.log",
    benchmark:
        "<benchmarks>/build_report.tsv"
    params:
        code=code("build_report", plan.figure_modules),
        figures=[figure.slice() for figure in plan.figures.values()],
        credits=[credit._asdict() for credit in plan.credits()],
        page={name: content_digest(Path(workflow.basedir, name)) for name in PAGE},
        study=plan.reported_settings(),
    message:
        "build the report"
    script:
        "../scripts/build_report.py"


rule write_manifest:
    input:
        TARGETS,
    output:
        manifest="<results>/manifest.json",
    log:
        "<logs>/write_manifest.log",
    benchmark:
        "<benchmarks>/write_manifest.tsv"
    params:
        code=code("write_manifest"),
    message:
        "write the manifest"
    script:
        "../scripts/write_manifest.py"
