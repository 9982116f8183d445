"""Changes to a finished nano study, and the jobs that each is expected to plan."""

import os
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.helpers.driving import NANO

RESULTS = Path("results/nano")
RUNS = RESULTS / "runs/digits/tiny"

# What is planned where all 4 runs, or the 2 of one condition, are made anew from some step on. What
# stands after a rule tells its jobs apart, so that those of two counts are one where they meet.
REPORTED = Counter(build_report=1, write_manifest=1)
COMPARED = Counter(compare_conditions=1, test_claims=1) + REPORTED


def tables(*names: str) -> Counter[str]:
    """Return the jobs that join these tables."""
    return Counter(f"collect_table {name}" for name in names)


SPECTRA = tables("spectra") + Counter(plot_figure=3) + COMPARED
SCORES = tables("scores", "calibration", "influences") + Counter(plot_figure=3) + COMPARED
MEASURED = tables("measurements") + Counter(plot_figure=2) + COMPARED
AGREEMENT = tables("agreement")
TRAINED = Counter(collect_runs=1) + tables("training") + AGREEMENT + (SPECTRA | SCORES | MEASURED)


def of_runs(*rules: str, runs: int) -> Counter[str]:
    """Return so many jobs of each rule."""
    return Counter(dict.fromkeys(rules, runs))


NETWORK = ("predict", "score_predictions", "measure_network", "extract_weights", "fit_spectra")
"""What is done with every network."""


def training(runs: int, conditions: int) -> Counter[str]:
    """Return what follows where so many runs of so many conditions are trained."""
    return of_runs("finetune", *NETWORK, runs=runs) + agreement(conditions) + TRAINED


def agreement(conditions: int) -> Counter[str]:
    """Return what follows where the predictions of so many conditions are others."""
    return Counter(measure_agreement=conditions)


PICTURES = Counter(sample_images=1, plot_figure=1)
"""The contact sheet of the one dataset."""

SHIFTED = (
    Counter(prepare_shift=1)
    + of_runs("predict", "score_predictions", "measure_network", runs=4)
    + agreement(2)
    + AGREEMENT
    + Counter(collect_runs=1)
    + (SCORES | MEASURED)
    + PICTURES
)
"""What follows where networks are tested on other shifted images: none is trained."""

INITIAL = of_runs("initialise_network", "extract_initial_weights", "fit_initial_spectra", runs=2)


@dataclass(frozen=True)
class Change:
    """One change.

    Attributes
    ----------
    what : str
        In words, for the table in the docs.
    make : callable
        Makes it, given the root of a copy of the repository that holds a finished study.
    jobs : Counter
        The jobs that are planned then; see `by_rule`.
    named : int, optional
        Files that `weightscape verify` names; not asked where it is None.
    """

    what: str
    make: Callable[[Path], None]
    jobs: Counter[str] = field(default_factory=Counter)
    named: int | None = None


def config(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    """Return a change of the study file."""

    def make(root: Path) -> None:
        study = yaml.safe_load(NANO.read_text())
        change(study)
        (root / "study.yaml").write_text(yaml.safe_dump(study))

    return make


def setting(*path: Any, to: Any) -> Callable[[Path], None]:
    """Return a change of one key of the study file."""

    def change(study: dict[str, Any]) -> None:
        section: Any = study
        for key in path[:-1]:
            section = section.setdefault(key, {}) if isinstance(section, dict) else section[key]
        section[path[-1]] = to

    return config(change)


def appending(key: str, entry: Any) -> Callable[[Path], None]:
    """Return a change that adds an entry to a list of the study file."""
    return config(lambda study: study.setdefault(key, []).append(entry))


def code(file: str, text: str, *, to: str = "src/weightscape") -> Callable[[Path], None]:
    """Return a change that appends `text` to a module."""

    def make(root: Path) -> None:
        with (root / to / file).open("a", encoding="utf-8") as module:
            module.write(text)

    return make


def touch(file: Path) -> Callable[[Path], None]:
    """Return a change of a file's time stamp alone."""

    def make(root: Path) -> None:
        shutil.copyfile(root / file, root / "copy")
        os.replace(root / "copy", root / file)

    return make


def _docstring(root: Path) -> None:
    module = root / "src/weightscape/scoring/calibration.py"
    text = module.read_text("utf-8")
    module.write_text(text.replace('"""Return the scores', '"""Give the scores'), "utf-8")


def _frame(root: Path) -> None:
    module = root / "src/weightscape/engine/job.py"
    text = module.read_text("utf-8")
    module.write_text(text.replace("finished after", "done after"), "utf-8")


def _replace_data(root: Path) -> None:
    file = root / RESULTS / "data/digits/train.safetensors"
    other = root / RESULTS / "data/digits/val.safetensors"
    file.unlink()
    shutil.copyfile(other, file)


def _edit_by_hand(root: Path) -> None:
    import pyarrow.parquet as pq

    file = root / RUNS / "baseline/seed-1/scores.parquet"
    table = pq.read_table(file, partitioning=None)
    stamp = file.stat()
    file.unlink()
    pq.write_table(table.slice(1), file)
    os.utime(file, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def _other_version(root: Path) -> None:
    about = root / "src/plotly-99.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: plotly\nVersion: 99\n")


def _rename(study: dict[str, Any]) -> None:
    study["conditions"][1]["family"] = "drop"


def _forget(root: Path) -> None:
    shutil.rmtree(root / ".snakemake")


def _forget_and_change(root: Path) -> None:
    _forget(root)
    setting("training", "epochs", to=2)(root)


X = "\n_X = 1\n"

CHANGES = [
    Change("nothing", lambda root: None, named=0),
    # The study file.
    Change("a dose added", setting("conditions", 1, "over", to=[0.5, 0.9]), training(2, 1)),
    Change("a seed added", setting("seeds", to=3), training(2, 2) + of_runs(*INITIAL, runs=1)),
    Change("a seed removed", setting("seeds", to=1), agreement(2) + TRAINED, named=None),
    Change(
        "a condition added",
        appending("conditions", {"name": "x", "factors": {"dropout": 0.1}}),
        training(2, 1),
    ),
    Change("a condition renamed", config(_rename), training(2, 1)),
    Change(
        "a condition's factor", setting("conditions", 1, "factors", "lr", to=1e-3), training(2, 1)
    ),
    Change("epochs of the common recipe", setting("training", "epochs", to=2), training(4, 2), 11),
    Change(
        "severities of a shift",
        setting("shifts", 0, "options", "severities", to=[2, 5]),
        SHIFTED,
    ),
    Change(
        "a shift added",
        appending("shifts", "blur"),
        SHIFTED,
    ),
    Change(
        "an option of a generator that one condition uses",
        setting("generators", 0, "options", "components", to=2),
        Counter(train_generator=1, generate_images=1) + training(2, 1),
    ),
    Change(
        "an ensemble of runs added",
        appending("derived", {"name": "x", "method": "ensemble", "of": ["baseline", "dropout"]}),
        of_runs("ensemble_predictions", "score_predictions", runs=2)
        + agreement(1)
        + AGREEMENT
        + Counter(collect_runs=1)
        + SCORES,
    ),
    Change(
        "an average of runs added",
        appending("derived", {"name": "x", "method": "average", "of": ["baseline", "dropout"]}),
        of_runs("average_weights", *NETWORK, runs=2)
        + agreement(1)
        + AGREEMENT
        + Counter(collect_runs=1)
        + (SPECTRA | SCORES | MEASURED),
    ),
    Change(
        "an average along one condition's runs added",
        appending("derived", {"name": "x", "method": "trajectory_average", "of": ["baseline"]}),
        of_runs("finetune_along", "average_weights", runs=2)
        + of_runs(*NETWORK, runs=4)
        + agreement(2)
        + TRAINED,
    ),
    # The report shows the whole study file.
    Change("a generator that nobody uses", appending("generators", "gaussian_mixture"), REPORTED),
    Change(
        "pre-training",
        setting("backbones", 0, "pretraining", "epochs", to=2),
        Counter(pretrain_backbone=1) + INITIAL + training(4, 2),
    ),
    Change(
        "a setting of the spectra",
        setting("spectra", "bootstrap", to=20),
        of_runs("fit_spectra", runs=4) + of_runs("fit_initial_spectra", runs=2) + SPECTRA,
    ),
    Change(
        "a metric compared",
        setting("comparison", "spectra_metrics", to=["alpha", "log_norm", "entropy"]),
        Counter(plot_figure=2) + COMPARED,
    ),
    Change(
        "a claim added",
        appending("claims", {"claim": "x", "statement": "x", "needs": "y"}),
        Counter(test_claims=1) + REPORTED,
    ),
    Change(
        "an option of a figure",
        setting("figures", 0, to={"name": "family_bars", "options": {"metrics": ["alpha"]}}),
        Counter(plot_figure=1) + REPORTED,
    ),
    Change(
        "a figure added", appending("figures", "accuracy_shift"), Counter(plot_figure=1) + REPORTED
    ),
    Change("a figure removed", setting("figures", to=["family_bars"]), REPORTED),
    Change("threads of fine-tuning", setting("threads", "finetune", to=2), training(4, 2)),
    Change(
        "the folder of downloads",
        setting("data_root", to="elsewhere"),
    ),
    # The code.
    Change(
        "a module that one rule uses",
        code("scoring/calibration.py", X),
        of_runs("score_predictions", runs=4) + Counter(collect_runs=1) + SCORES,
    ),
    Change(
        "a module that several rules use",
        code("spectra/norms.py", X),
        of_runs("fit_spectra", runs=4) + of_runs("fit_initial_spectra", runs=2) + SPECTRA,
    ),
    Change("a module that no rule uses", code("cli.py", X)),
    Change(
        "a plug-in that one condition names", code("augment/trivial_augment.py", X), training(2, 1)
    ),
    Change("a plug-in that no condition names", code("augment/gaussian_noise.py", X)),
    Change(
        "a plug-in of one figure", code("figures/spectrum.py", X), Counter(plot_figure=1) + REPORTED
    ),
    Change("a docstring", _docstring),
    Change("a word in the log of every job", _frame),
    Change("a comment", code("scoring/calibration.py", "\n# a comment\n")),
    Change(
        "a script",
        code("score_predictions.py", X, to="workflow/scripts"),
        of_runs("score_predictions", runs=4) + Counter(collect_runs=1) + SCORES,
    ),
    Change("a comment in a script", code("score_predictions.py", "\n# x\n", to="workflow/scripts")),
    Change("a script touched", touch(Path("workflow/scripts/finetune.py"))),
    Change("the version of a package that the report uses", _other_version, REPORTED),
    # The files.
    Change("an input touched", touch(RESULTS / "data/digits/train.safetensors")),
    Change("a large input touched", touch(RUNS / "baseline/seed-1/model.safetensors")),
    Change("a table touched", touch(RESULTS / "tables/spectra.parquet")),
    Change(
        "training images replaced by others",
        _replace_data,
        Counter(train_generator=1, generate_images=1) + INITIAL + training(4, 2) + PICTURES,
    ),
    Change(
        "a table deleted",
        lambda root: (root / RESULTS / "tables/claims.parquet").unlink(),
        Counter(test_claims=1) + REPORTED,
        1,
    ),
    Change(
        "a run's file deleted whose table is there",
        lambda root: (root / RUNS / "baseline/seed-1/spectra.parquet").unlink(),
        named=1,
    ),
    Change("an output changed by hand", _edit_by_hand, named=1),
    Change("`.snakemake` removed", _forget, named=0),
    Change("`.snakemake` removed, and epochs changed", _forget_and_change, named=11),
]


def by_rule(jobs: Counter[str]) -> Counter[str]:
    """Return how many of the jobs are of each rule."""
    count: Counter[str] = Counter()
    for job, number in jobs.items():
        count[job.split()[0]] += number
    return count


def table() -> str:
    """Return the changes as the table of the docs."""
    lines = ["| change | jobs planned, by rule | named by `weightscape verify` |", "|---|---|---|"]
    for change in CHANGES:
        jobs = ", ".join(
            f"{rule} {n}" if n > 1 else rule for rule, n in by_rule(change.jobs).items()
        )
        named = {None: "", 0: "none", 1: "1 file"}.get(change.named, f"{change.named} files")
        lines.append(f"| {change.what} | {jobs or '–'} | {named} |")
    return "\n".join(lines) + "\n"
