from weightscape.content import content_digest

REPORTED = [
    "runs",
    "scores",
    "spectra",
    "comparisons",
    "likeness",
    "trends",
    "relations",
    "claims",
]
# Of the study, what says how its networks were made and compared.
SETTINGS = [
    "study",
    "scale",
    "seeds",
    "score",
    "device",
    "datasets",
    "shifts",
    "backbones",
    "generators",
    "training",
    "conditions",
    "derived",
    "diversity",
    "spectra",
    "comparison",
    "claims",
]
# Files of the workflow: their content counts, not where the workflow lies.
PAGE = [
    "workflow/report/report.html.j2",
    "workflow/report/report.css",
    "workflow/report/tables.js",
    "workflow/report/explorer.js",
    "CITATION.cff",
]
CAPTIONS = [f"weightscape.figures.{figure.source}" for figure in plan.figures.values()]


rule build_report:
    input:
        tables=collect("<results>/tables/{table}.parquet", table=REPORTED),
        eigenvalues=of_first_seed("eigenvalues.parquet"),
        # One run's, for the versions of what trained it.
        history=of_trained_runs(f"{RUN}/history.parquet")[:1],
        networks=[
            f"{INITIAL}/model.safetensors".format(
                dataset=dataset, initial=initial, seed=plan.seeds[0]
            )
            for dataset in list(plan.datasets)[:1]
            for initial in plan.backbones
        ],
        figures=collect("<results>/figures/{figure}.png", figure=plan.figures),
    output:
        report=report(
            "<results>/report.html",
            caption="../report/report.rst",
            category="Report",
            labels={"page": "report"},
        ),
    log:
        "<logs>/build_report.log",
    benchmark:
        "<benchmarks>/build_report.tsv"
    conda:
        ENVIRONMENT
    params:
        code=code("build_report", CAPTIONS),
        plugins=CAPTIONS,
        figures=[figure.slice() for figure in plan.figures.values()],
        credits=credits(),
        page={name: content_digest(Path(workflow.basedir, name)) for name in PAGE},
        study={key: study.slice()[key] for key in SETTINGS},
    message:
        "build the report"
    script:
        "../scripts/build_report.py"
