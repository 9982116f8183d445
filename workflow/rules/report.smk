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


def credits():
    """Return whom the images are owed to: those of datasets, pre-training and shifts."""
    plugins = [plugin("data", entry.source) for entry in study.datasets]
    plugins += [
        plugin("data", backbone.pretrained)
        for backbone in study.backbones
        if backbone.pretraining
    ]
    plugins += [plugin("shifts", entry.source) for entry in study.shifts]
    found = [each.CREDIT._asdict() for each in plugins if hasattr(each, "CREDIT")]
    return [credit for i, credit in enumerate(found) if credit not in found[:i]]


rule build_report:
    input:
        tables=collect("<results>/tables/{table}.parquet", table=REPORTED),
        eigenvalues=of_first_seed("eigenvalues.parquet"),
        # One run's, for the versions of what trained it.
        history=of_trained_runs(f"{RUN}/history.parquet")[:1],
        networks=[
            INITIAL.format(dataset=dataset, initial=initial, seed=plan.seeds[0])
            + "/model.safetensors"
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
