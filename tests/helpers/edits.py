"""Edits of one line each, and which rules each makes stale.

``python -m tests.helpers.edits`` prints their table and that of `tests.helpers.changes`, as they
stand in docs/restarts.md.
"""

import contextlib
import functools
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from tests.helpers import changes
from tests.helpers.driving import NANO, ROOT
from weightscape.engine import code, digest
from weightscape.study.load import read_study
from weightscape.study.plan import Plan
from weightscape.tables.registry import MODULES

SCRIPTS = ROOT / "workflow/scripts"
PACKAGE = ROOT / "src/weightscape"


@dataclass(frozen=True)
class Edit:
    """An edit of one line.

    Attributes
    ----------
    what : str
        In words, for the table.
    file : str
        The module, or the script, from the folder of the package.
    old, new : str
        Text that stands there once, and what it becomes.
    changes : bool
        Whether it changes a value that a job writes, so that some rule must be stale.
    """

    what: str
    file: str
    old: str
    new: str
    changes: bool = True


def words(what: str, file: str, old: str, new: str) -> Edit:
    """Return an edit that changes no value."""
    return Edit(what, file, old, new, changes=False)


EDITS = [
    # The frame of a job, and Snakemake's side.
    words("a word in a job's log", "engine/job.py", "start and imports", "imports and start"),
    words("the record of a job", "engine/record.py", "sort_keys=True", "sort_keys=False"),
    words("the indent of the manifest", "engine/manifest.py", "indent=1", "indent=2"),
    words("what `verify` says", "engine/verify.py", '"is missing"', '"is gone"'),
    words("the digest of a file's content", "content.py", "CHUNK = 2**24", "CHUNK = 2**20"),
    words("the command line", "files/arguments.py", "default: all cores", "all cores"),
    Edit("how a job knows its run", "engine/job.py", "seed=int(", "seed=1 + int("),
    # What writes values.
    Edit("the cast of a table", "tables/table.py", "table.cast(schema)", "table"),
    Edit("the seeds of all streams", "seeds.py", '"big") >> 1', '"little") >> 1'),
    Edit("how files are written", "atomic.py", "os.replace(unfinished", "os.rename(unfinished"),
    Edit("the rows of a collected group", "tables/collect.py", "100_000", "50_000"),
    Edit("the type of a column", "tables/training.py", 'whole("step"', 'real("step"'),
    words(
        "an error's text",
        "tables/table.py",
        "has missing values",
        "lacks values",
    ),
    # The study file.
    words("what is said of a mistake", "config/section.py", "lines[:10]", "lines[:20]"),
    words("whether a plug-in is complete", "config/plugins.py", "lacks {", "has no {"),
    Edit("a default of all recipes", "config/recipe.py", "Field(3e-4, gt=0", "Field(4e-4, gt=0"),
    words(
        "what a recipe's key is for", "config/recipe.py", "Peak learning rate.", "The highest rate."
    ),
    Edit("the name of a plug-in's class", "config/plugins.py", "word.capitalize()", "word.title()"),
    words("what a study plans", "study/plan.py", "range(1, study.seeds + 1)", "range(study.seeds)"),
    # Data and networks.
    Edit(
        "how a dataset is split",
        "data/split.py",
        "np.sort(np.concatenate(kept))",
        "np.concatenate(kept)",
    ),
    Edit("a source of images", "data/digits.py", "(255 / 16)", "(254 / 16)"),
    words("whom images are owed to", "data/digits.py", 'license="CC BY 4.0"', 'license="CC0"'),
    Edit("a shift", "shifts/contrast.py", "0.3, 0.2)", "0.3, 0.1)"),
    Edit("an augmentation", "augment/trivial_augment.py", "STRENGTHS = 31", "STRENGTHS = 30"),
    Edit("a generator", "generators/gaussian_mixture.py", "max_iter=1000", "max_iter=2000"),
    Edit("how generators draw", "generators/sampling.py", "CHUNK = 64", "CHUNK = 32"),
    Edit("how networks train", "train/schedule.py", "0.5 * (1 + math.cos", "0.4 * (1 + math.cos"),
    Edit("what a network is given", "network/inputs.py", "512 * 64 * 64", "256 * 64 * 64"),
    Edit("a measurement", "measurements/richness.py", "size = 16 if", "size = 8 if"),
    # Weights, scores, comparisons.
    Edit("the layers of a network", "layers/extract.py", "astype(np.float32", "astype(np.float16"),
    Edit("the fit of a power law", "spectra/power_law.py", "SPREAD = 1e-6", "SPREAD = 1e-5"),
    Edit("what a quantity is called", "spectra/metrics.py", '"Aspect ratio N/M', '"The ratio N/M'),
    Edit("the bins of calibration", "scoring/calibration.py", "BINS = 15", "BINS = 20"),
    Edit("the reading of a checkpoint", "checkpoints/floats.py", "uint32(16)", "uint32(15)"),
    Edit(
        "why a checkpoint is refused",
        "checkpoints/downloads.py",
        "there is no such file",
        "it is not there",
    ),
    Edit("a distance between images", "diversity/vendi.py", "1 / shares.max()", "2 / shares.max()"),
    Edit("the paired test", "comparison/paired.py", "LEVEL = 0.05", "LEVEL = 0.01"),
    Edit("likeness", "comparison/likeness.py", "MIN_LAYERS = 3", "MIN_LAYERS = 4"),
    # Pages.
    Edit("a figure", "figures/spectrum.py", "POINTS = 200", "POINTS = 300"),
    Edit("the style of figures", "figures/style.py", "WIDTH = 7.0", "WIDTH = 6.0"),
    Edit("the summary", "report/summary.py", "ROWS = 12", "ROWS = 10"),
    Edit(
        "a script",
        "../../workflow/scripts/predict.py",
        "as provenance:\n",
        "as provenance:\n    repr(provenance)\n",
    ),
]


def plugins_of(script: str, plan: Plan) -> list[list[str]]:
    """Return the modules of the plug-ins of every job of a rule's script."""
    first = next(iter(plan.shifts.values()), None)
    sets = [each.modules for each in plan.image_sets.values()]
    figures = [each.modules for each in plan.figures.values()]
    networks = plan.initial_networks.values()
    jobs = {
        "prepare_dataset": [each.modules for each in plan.datasets.values()],
        "prepare_shift": [each.modules for each in plan.shifts.values()],
        "fetch_source": [first.modules] if first else [],
        "train_generator": [each.modules for each in plan.generators.values()],
        "generate_images": [each.modules for each in plan.generators.values()],
        "pretrain_backbone": [each.modules for each in networks if each.pretraining],
        "finetune": [plan.finetune_modules(name) for name in plan.conditions],
        "measure_network": [plan.measurement_modules],
        "measure_diversity": sets,
        "plot_figure": figures,
        "build_report": [[module for modules in figures for module in modules]],
        "collect_table": [[module] for module in MODULES.values()],
    }
    return jobs.get(script) or [[]]


@functools.cache
def nano_plan() -> Plan:
    """Return the plan of the nano study: its plug-ins are those that the table is about."""
    return Plan(read_study(NANO))


def digests(scripts: Path) -> dict[str, list[str]]:
    """Return by script the digests of its jobs."""
    return {
        script.stem: [
            digest.code_digest(script, modules) for modules in plugins_of(script.stem, nano_plan())
        ]
        for script in sorted(scripts.glob("*.py"))
    }


class Copy(NamedTuple):
    """A copy of the package and the scripts, and the digests of their jobs."""

    package: Path
    before: dict[str, list[str]]


@contextlib.contextmanager
def copied() -> Iterator[Copy]:
    """Give a copy whose code the digests are of, to be edited."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "src/weightscape")
        shutil.copytree(PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(SCRIPTS, _scripts(package))
        with mock.patch.object(digest, "SOURCE", package):
            yield Copy(package, digests(_scripts(package)))


def stale(edit: Edit, copy: Copy) -> set[str]:
    """Return the scripts of which a job is stale after an edit of the copy, and undo it."""
    file = copy.package / edit.file
    text = file.read_text("utf-8")
    assert text.count(edit.old) == 1, f"{edit.old!r} stands {text.count(edit.old)} times in {file}"
    try:
        _write(file, text.replace(edit.old, edit.new))
        after = digests(_scripts(copy.package))
    finally:
        _write(file, text)
    return {script for script, found in copy.before.items() if found != after[script]}


def _scripts(package: Path) -> Path:
    return package.parents[1] / "workflow/scripts"


def _write(file: Path, text: str) -> None:
    file.write_text(text, "utf-8")
    code.read_code.cache_clear()  # texts that have been read are kept


def row(edit: Edit, rules: set[str], count: int) -> str:
    """Return an edit's row of the table."""
    few = ", ".join(sorted(rules)) or "none"
    file = edit.file.removeprefix("../../")
    return f"| {edit.what} | `{file}` | {f'all {count}' if len(rules) == count else few} |"


def table() -> str:
    """Return the edits and what they make stale as the table of the docs."""
    count = len([*SCRIPTS.glob("*.py")])
    lines = ["| an edit of | in | makes stale |", "|---|---|---|"]
    with copied() as copy:
        lines += [row(edit, stale(edit, copy), count) for edit in EDITS]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.stdout.write(f"{changes.table()}\n{table()}")
