"""The data dictionary: what every table's columns mean, written from their schemas."""

import pyarrow as pa

from weightscape.tables.registry import MODULES, find_schema

INTRODUCTION = """\
# Results

What a study makes lies here, one folder per study. The paths are the design:

```
<study>/tables/*.parquet                       what one opens: all runs of the study
<study>/figures/*.{png,pdf,parquet}            each figure, and the numbers it draws
<study>/report.html                            all of it in one page: open it in a browser
<study>/summary.txt                            a few lines on what was found
<study>/manifest.json                          what every file says, and by what it was made
<study>/data/<dataset>/                        images in parts, and shifts/ that are tested on;
                                               some of them in pictures.parquet
<study>/synthetic/<dataset>/<generator>/       a fitted generator and its images
<study>/backbones/<backbone>/                  pre-trained weights
<study>/init/<dataset>/<backbone>/seed-<k>/    initial weights with this seed's head
<study>/runs/<dataset>/<backbone>/<condition>/seed-<k>/
    model.safetensors  history.parquet  predictions.parquet  scores.parquet
    calibration.parquet  influences.parquet  weights.parquet  eigenvalues.parquet
    spectra.parquet  measurements.parquet, and course.parquet for what is measured along the
    training
<study>/derived/<dataset>/<backbone>/<name>/seed-<k>/
    the same of ensembles and of averages of weights, as far as they have it
<study>/agreement/                             how far the seeds of a condition agree
<study>/diversity/<dataset>/<backbone>/<set>/  how diverse a set of images is, and some of them
<study>/checkpoints/<name>/                    spectra of weights from elsewhere
<study>/logs/  <study>/benchmarks/             a folder per rule
data/  fetched/                                downloads of all studies, and what is known of them
```

Every file is either whole or absent. A Parquet file's metadata holds a JSON block under the key
`weightscape`: rule, wildcards, params, digest of the code, versions.
Read all runs of a study with `pandas.read_parquet("results/solar_cells/tables/spectra.parquet")`.

Family, dose and the other properties of a condition stand in `runs`, and not in other tables that
have a `seed`; join them by `dataset`, `backbone`, `condition` and `seed`.
`training` is the collected `history.parquet`.
This page is written by `weightscape dictionary` from the schemas that
`weightscape.tables.registry` lists.
"""


def data_dictionary() -> str:
    """Return the data dictionary as Markdown."""
    return INTRODUCTION + "".join(_write_section(find_schema(name)) for name in MODULES)


def _write_section(schema: pa.Schema) -> str:
    about = {key.decode(): text.decode() for key, text in schema.metadata.items()}
    head = f"\n## {about['table']}\n\n{about['description']}\n\n"
    rows = ["| column | type | meaning | unit | source |", "|---|---|---|---|---|"]
    return head + "\n".join(rows + [_write_row(field) for field in schema]) + "\n"


def _write_row(field: pa.Field) -> str:
    notes = {key.decode(): text.decode() for key, text in (field.metadata or {}).items()}
    kind = f"{field.type}".replace("element: ", "") + ("?" if field.nullable else "")
    cells = (
        f"`{field.name}`",
        kind,
        notes["description"],
        notes.get("unit", ""),
        notes.get("source", ""),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
