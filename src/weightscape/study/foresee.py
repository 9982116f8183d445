"""What a study can find before it is made, in words: `weightscape power`."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from scipy import special

from weightscape.comparison.crossed import find_unsampled
from weightscape.comparison.design import Pooled, design_study, pool_sets
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.evidence import Evidence
from weightscape.comparison.known import Known
from weightscape.comparison.metrics import check_metrics
from weightscape.comparison.outlook import Outlook, foresee_claims
from weightscape.comparison.paired import LEVEL, detectable_effect
from weightscape.comparison.power import MOST_SEEDS, POWER
from weightscape.report.words import number, of_seeds
from weightscape.study.load import ConfigError
from weightscape.study.plan import Plan
from weightscape.study.study import Study
from weightscape.tables.table import read

HEADER = ("claim", "test that decides", "tests", "metric", "finds", "size", "seeds")


def describe_power(
    study: Study,
    finished: str | Path | None = None,
    noise: Mapping[str, float] | None = None,
    effects: Mapping[str, float] | None = None,
) -> str:
    """Return what a study can find of every claim, as text for a terminal.

    Parameters
    ----------
    study : Study
        The study, not made yet.
    finished : str or Path, optional
        The folder of a finished study, whose twin shows the noise.
    noise : mapping, optional
        By metric the standard deviation of the difference of two runs of one seed, in its place.
    effects : mapping, optional
        By metric the size of an effect that is to be found.

    Raises
    ------
    ConfigError
        If the study has nothing to compare, or nothing says its noise.
    """
    if not study.conditions:
        raise ConfigError(f"{study.study}: it has no conditions, so that there is nothing to find")
    if study.seeds < 2:
        raise ConfigError(f"{study.study}: seeds: 1 has no spread to judge by; give 2 or more")
    if finished is None and not noise:
        raise ConfigError(
            f"{study.study}: nothing says its noise; give `--from` and the folder of a finished"
            " study that has a twin, or `--noise METRIC=SD`"
        )
    plan = Plan(study)
    measured = [metric.name for entry in study.measurements for metric in entry.build().metrics]
    metrics = study.comparison.spectra_metrics
    planned = design_study(
        plan.describe_runs(),
        metrics,
        measured,
        [name for name in plan.datasets if plan.shifts_of(name)],
    )
    sets = [] if finished is None else _read_sets(Path(finished), metrics, study.comparison.form)
    if sets and not noise and not any(each.effects.conditions["is_twin"].any() for each in sets):
        raise ConfigError(f"--from {finished}: it has no twin; name another, or give `--noise`")
    known = Known(
        _check_given("--noise", noise or {}, planned[0], measured),
        _check_given("--effect", effects or {}, planned[0], measured),
        sets,
    )
    outlooks = foresee_claims(study.all_claims, planned, study.seeds, known)
    about = [*_say_head(study, len(planned)), *_say_noise(finished, known)]
    return "\n".join([*about, *_say_outlooks(outlooks, study)])


def _check_given(
    option: str, given: Mapping[str, float], planned: Pooled, measured: Sequence[str]
) -> dict[str, float]:
    """Return given numbers by the metric that the study means."""
    try:
        check_metrics(given, option, measured=measured)
    except ValueError as error:
        raise ConfigError(str(error)) from None
    evidence = Evidence(planned.effects, "body")
    return {evidence.find_meant(metric): value for metric, value in given.items()}


def _read_sets(folder: Path, metrics: Sequence[str], form: str) -> list[Pooled]:
    """Return the effects of a finished study."""
    files = {name: folder / "tables" / f"{name}.parquet" for name in Tables._fields}
    if not files["runs"].is_file():
        raise ConfigError(
            f"--from {folder}: there is no {files['runs']}; name the folder of a finished study,"
            " such as results/digits"
        )
    try:
        tables = Tables(
            **{name: read(file).to_pandas() for name, file in files.items() if file.is_file()}
        )
        known = [metric for metric in metrics if metric in tables.spectra.columns]
        return pool_sets(effects_of(tables, known, form))
    except (OSError, ValueError) as error:
        raise ConfigError(f"--from {folder}: {error}") from error


def _say_head(study: Study, n_sets: int) -> Iterator[str]:
    where = f" on all of {n_sets} data sets and backbones" if n_sets > 1 else ""
    yield (
        f"{study.study}: what {of_seeds(study.seeds)} find in {100 * POWER:.0f} of 100 studies"
        f"{where}, at {100 * LEVEL:.0f} % two-sided"
    )


def _say_noise(finished: str | Path | None, known: Known) -> Iterator[str]:
    if known.noise:
        given = (f"{metric} {value:g}" for metric, value in known.noise.items())
        yield f"noise, as given: {', '.join(given)}"
    if not known.finished:
        return
    seeds = min(len(each.effects.seeds) for each in known.finished)
    bounds = ""
    if seeds > 1:
        low, high = np.sqrt((seeds - 1) / special.chdtri(seeds - 1, [LEVEL / 2, 1 - LEVEL / 2]))
        bounds = f", which is known to within a factor of {low:.2g} to {high:.2g}"
    yield f"noise of the twin in {finished}: {of_seeds(seeds)}{bounds}"
    scores = [each.effects.score("none", each.effects.accuracy) for each in known.finished]
    if any(each is not None and find_unsampled(each).any() for each in scores):
        yield "what the test images add to it is not known: no influences of them are given"


def _say_outlooks(outlooks: Sequence[Outlook], study: Study) -> Iterator[str]:
    foreseen = [each for each in outlooks if np.isfinite(each.smallest)]
    if foreseen:
        yield from ("", *_align([HEADER, *map(_cells, foreseen)]), "")
        yield "tests: how many must be passed; shown is the hardest, passed more often than all are"
        if any(each.one_is_enough for each in foreseen):
            yield "       (where one of several will do, the easiest)"
        yield "finds: the smallest effect, or with ± the margin within which none is shown"
        yield "size:  that margin as the claim has it, or a given effect; seeds: how many find it"
        yield from _say_correction(outlooks, study)
    for title, reasons in (
        ("not foreseen", {each.claim: each.unforeseen for each in outlooks}),
        ("not testable", {each.claim: each.lacking for each in outlooks}),
    ):
        alike: dict[str, list[str]] = {}
        for claim, reason in reasons.items():
            alike.setdefault(reason, []).append(claim)
        alike.pop("", None)
        if alike:
            yield from ("", f"{title}:")
            yield from (f"  {', '.join(claims)}: {reason}" for reason, claims in alike.items())
    yield ""


def _cells(outlook: Outlook) -> tuple[str, ...]:
    sign = "±" if outlook.test == "equivalence" else ""
    is_known, seeds = np.isfinite(outlook.size), ""
    if is_known:
        seeds = f"{outlook.seeds}" if outlook.seeds else f"> {MOST_SEEDS}"
    return (
        outlook.claim,
        outlook.what,
        f"{'1 of ' if outlook.one_is_enough else ''}{outlook.n_tests}",
        outlook.metric,
        sign + number(outlook.smallest, 2),
        sign + number(outlook.size, 2) if is_known else "",
        seeds,
    )


def _say_correction(outlooks: Sequence[Outlook], study: Study) -> Iterator[str]:
    """Yield how much more Holm's method can ask of the first of several claims."""
    tested = Counter(each.paper for each in outlooks if not each.lacking)
    most, df = max(tested.values(), default=0), study.seeds - 1
    if most > 1:
        more = float(detectable_effect(df, LEVEL / most) / detectable_effect(df))
        yield f"corrected over a paper's claims ({most} at most): up to {more:.2g} times as much"


def _align(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield ("  " + "  ".join(cells)).rstrip()
