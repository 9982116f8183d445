"""Which setting of a grid stands for a condition: the one that is best on validation images.

Every setting is trained, and has its rows in all tables under its own name. Where conditions are
compared, the chosen one bears the name of its condition, and the others are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import fsum, isfinite
from typing import TYPE_CHECKING, Any

from weightscape.config.families import NO_CHOICE

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

KEY = ["dataset", "backbone", "condition"]
"""Columns that tell conditions apart."""

Row = Mapping[str, Any]
Settings = dict[str, list[Row]]
"""The runs of each setting of a condition, in the order of its grid."""

Standing = Mapping[tuple[str, str, str], str]
"""By dataset, backbone and setting: the condition it is compared as; empty where it is not."""


def find_chosen(runs: Sequence[Row]) -> list[bool]:
    """Return for every run whether it is compared: whether its setting is chosen.

    Of the settings of a condition that is the one whose validation score has the best mean over the
    seeds, on each dataset and backbone by itself; of equals the first. One of which a run failed or
    has no score is not chosen. Twins and controls choose nothing: they have the setting of what
    they are compared with, so that they differ from it in chance, or in the amount of training,
    alone. What has one setting is compared in it.

    Parameters
    ----------
    runs : sequence of mappings
        Rows of the table `runs`, but for the column `chosen`: all runs of a study, the settings of
        a condition in the order of its grid.
    """
    chosen: dict[tuple[str, str, str], str] = {}
    for place, conditions in group_settings(runs).items():
        for name in conditions:
            own, leads = conditions[name], conditions[_leader(name, conditions)]
            found = _best(leads) or next(iter(leads))
            if own is not leads:
                wanted = leads[found][0]["setting"]
                found = next((s for s, of in own.items() if of[0]["setting"] == wanted), "")
            elif len(own) > 1 and not _best(own):
                found = ""
            chosen[*place, name] = found
    return [
        chosen[run["dataset"], run["backbone"], run["stands_for"]] == run["condition"]
        for run in runs
    ]


def settle(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with the chosen settings under the names of their conditions.

    Parameters
    ----------
    tables : mapping
        Tables of a study by their names. Where `runs` is not among them, or has no settings to
        choose from, all stay as they are.

    Returns
    -------
    dict
        Rows of settings that are not chosen are left out. `runs` has one more column, `left_out`:
        the settings that could not be chosen because a run failed, of the condition and of its
        reference. A condition none of whose settings can be chosen keeps the runs of its first
        one, as failed ones with the reason.
    """
    runs = tables.get("runs")
    if runs is None or not _has_settings(runs):
        return dict(tables)
    standing = find_standing(runs)
    return {
        name: _settle_runs(runs) if name == "runs" else _rename(table, standing)
        for name, table in tables.items()
    }


def find_standing(runs: pd.DataFrame) -> dict[tuple[str, str, str], str]:
    """Return what the settings in the table `runs` stand for, see `Standing`."""
    if not _has_settings(runs):
        return {}
    settings = runs[runs["stands_for"] != runs["condition"]].drop_duplicates(KEY)
    names = settings["stands_for"].where(settings["chosen"].astype(bool), "")
    return dict(zip(settings[KEY].itertuples(index=False, name=None), names, strict=True))


def rename_part(part: pa.Table, standing: Standing) -> pa.Table:
    """Return a part of a table with the conditions of chosen settings; the others stay settings."""
    import pyarrow as pa

    keys = zip(*(part[name].to_pylist() for name in KEY), strict=True)
    names = [standing.get(key) or key[-1] for key in keys]
    field = part.schema.field("condition")
    place = part.schema.get_field_index(field.name)
    return part.set_column(place, field, pa.array(names, field.type))


def group_settings(runs: Sequence[Row]) -> dict[tuple[str, str], dict[str, Settings]]:
    """Return the runs by dataset and backbone, and by the condition that they stand for."""
    found: dict[tuple[str, str], dict[str, Settings]] = {}
    for run in runs:
        conditions = found.setdefault((run["dataset"], run["backbone"]), {})
        settings = conditions.setdefault(run["stands_for"], {})
        settings.setdefault(run["condition"], []).append(run)
    return found


def explain_obstacle(setting: Sequence[Row]) -> str:
    """Return why a setting cannot be chosen, by its runs; empty where it can."""
    name = setting[0]["condition"]
    for run in setting:
        if run["status"] != "ok":
            return f"{name} with seed {run['seed']} failed"
    return f"{name} has no validation score" if mean_score(setting) is None else ""


def mean_score(setting: Sequence[Row]) -> float | None:
    """Return the mean validation score of a setting over its seeds; None where one has none."""
    scores = [run[f"val_{run['score']}"] for run in setting]
    if not all(score is not None and isfinite(score) for score in scores):
        return None
    # The order of the seeds decides no tie.
    return fsum(scores) / len(scores)


def _leader(name: str, conditions: Mapping[str, Settings]) -> str:
    """Return the condition whose choice a condition has: its own, or that of its reference."""
    passed = {name}
    while len(conditions[name]) > 1:
        first = next(iter(conditions[name].values()))[0]
        other = first["reference"]
        if first["family"] not in NO_CHOICE or other in passed or other not in conditions:
            break
        passed.add(name := other)
    return name


def _best(settings: Settings) -> str:
    """Return the setting with the best mean score; empty where none can be chosen."""
    means = {
        name: mean_score(runs) for name, runs in settings.items() if not explain_obstacle(runs)
    }
    known = {name: mean for name, mean in means.items() if mean is not None}
    return max(known, key=lambda name: known[name], default="")


def _has_settings(runs: pd.DataFrame) -> bool:
    return "stands_for" in runs.columns and bool((runs["stands_for"] != runs["condition"]).any())


def _rename(table: pd.DataFrame, standing: Standing) -> pd.DataFrame:
    import pandas as pd

    if not set(KEY) <= set(table.columns):
        return table
    names = pd.Series(standing, dtype=object).reindex(pd.MultiIndex.from_frame(table[KEY]))
    names = names.set_axis(table.index).fillna(table["condition"])
    renamed = table.assign(condition=names.astype(table["condition"].dtype))
    return renamed[names != ""].reset_index(drop=True)


def _settle_runs(runs: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    settled = pd.concat([*_compared(runs)], ignore_index=True)
    notes = settled.drop_duplicates(KEY).set_index(KEY)["left_out"].to_dict()
    together = [
        "; ".join(dict.fromkeys(filter(None, (own, notes.get((*place, reference), "")))))
        for *place, reference, own in settled[[*KEY[:2], "reference", "left_out"]].itertuples(
            index=False, name=None
        )
    ]
    return settled.assign(left_out=together)


def _compared(runs: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the runs that are compared of every condition, under its name."""
    for (_, _, name), rows in runs.groupby([*KEY[:2], "stands_for"], sort=False):
        settings = [of for _, of in rows.groupby("condition", sort=False)]
        obstacles = [found for of in settings if (found := explain_obstacle(_rows_of(of)))]
        chosen = rows[rows["chosen"].astype(bool)]
        left_out = ""
        if chosen.empty:
            why = "; ".join(obstacles) or "its reference has chosen another one"
            reason = f"none of its {len(settings)} settings can be chosen: {why}"
            chosen = settings[0].assign(status="failed", reason=reason)
        elif chosen["family"].iloc[0] not in NO_CHOICE:
            own = str(chosen["condition"].iloc[0])
            others = [found for found in obstacles if not found.startswith(f"{own} ")]
            left_out = "; ".join(f"{found}, so that it is not chosen" for found in others)
        named = dict.fromkeys(("condition", "stands_for"), str(name))
        yield chosen.assign(**named, chosen=True, left_out=left_out)


def _rows_of(runs: pd.DataFrame) -> list[Row]:
    return [{str(name): value for name, value in row.items()} for row in runs.to_dict("records")]
