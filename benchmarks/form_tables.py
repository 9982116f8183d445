"""The tables of the forms of a convolution: what each shows, against the convolution's operator."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.report import Table

FORMS = ("pooled", "unfolded")
METRICS = (
    "log_norm", "log_spectral_norm", "stable_rank", "effective_rank", "entropy", "alpha",
    "alpha_fixed_k",
)  # fmt: skip
CHANCE = 0.02
"""Frobenius norm of what a training has by chance over that of the whole."""
EFFECT = 3.0
"""Standardised effect of every change on log_norm, which is the same in both forms."""
SEEDS = 5
"""Pairs of one study."""
NOTHING = "nothing"


def judge(effects: pd.DataFrame, truth: pd.DataFrame, ranks: pd.DataFrame) -> pd.DataFrame:
    """Return right, wrong and false, as shares of studies, and `ranks`, by form and metric."""
    studies = find_significant(effects, truth)
    shares = studies.groupby(["form", "metric"])[["right", "wrong", "false"]].mean()
    return shares.assign(ranks=pd.Series(agree(ranks)))


def in_short(effects: pd.DataFrame, judged: pd.DataFrame) -> Table:
    """Return for every metric what decides between the forms."""
    found = standardise(effects[effects["change"] != NOTHING])
    rows = []
    for metric in METRICS:
        pooled, unfolded = (found.xs(form, level="form")[metric].abs() for form in FORMS)
        # What differs by rounding alone is the same.
        is_better = unfolded > 1.001 * pooled
        rows.append(
            {
                "metric": metric,
                "unfolded shows better": f"{int(is_better.sum())} of {len(pooled)}",
                "its effect over the pooled": float(np.exp(np.log(unfolded / pooled).mean())),
                **{
                    f"{what}, {form}, %": 100 * float(judged.loc[(form, metric), what])
                    for what in ("right", "wrong", "false")
                    for form in FORMS
                },
                **{
                    f"ranks as operator, {form}": float(judged.loc[(form, metric), "ranks"])
                    for form in FORMS
                },
            }
        )
    return Table("Which form shows a change", rows, _IN_SHORT)


def in_worlds(others: Mapping[str, pd.DataFrame]) -> Table:
    """Return the same of other worlds, pooled and unfolded."""
    rows = []
    for world, judged in others.items():
        for what, unit, digits in (("right", 100, 0), ("wrong", 100, 0), ("ranks", 1, 2)):
            cells = {
                metric: " / ".join(
                    f"{unit * judged.loc[(form, metric), what]:.{digits}f}" for form in FORMS
                )
                for metric in METRICS
            }
            rows.append({"world": world, "what": what + ", %" * (unit > 1), **cells})
    return Table("In other worlds, pooled / unfolded", rows, _IN_WORLDS)


def by_change(effects: pd.DataFrame) -> Table:
    """Return the standardised effect of every change, pooled and unfolded."""
    found = standardise(effects)
    rows = []
    for size, change in effects[["size", "change"]].drop_duplicates().itertuples(index=False):
        cells = {
            metric: " / ".join(f"{found.loc[(size, change, form), metric]:.1f}" for form in FORMS)
            for metric in METRICS
        }
        rows.append({"size": size, "what changes": change, **cells})
    return Table("Standardised effects, pooled / unfolded", rows, _BY_CHANGE)


def standardise(effects: pd.DataFrame) -> pd.DataFrame:
    """Return the mean effect over its standard deviation between pairs, by size, change, form."""
    groups = effects.groupby(["size", "change", "form"], sort=False)[list(METRICS)]
    found: pd.DataFrame = groups.mean() / groups.std()
    return found


def find_significant(effects: pd.DataFrame, truth: pd.DataFrame) -> pd.DataFrame:
    """Return what the paired t of every study of `SEEDS` pairs finds at 5 %.

    Returns
    -------
    pandas.DataFrame
        A row per study and metric with its form. `right` says whether it finds an effect of the
        sign of the operator's, `wrong` one of the other sign, both missing where there is none;
        `false` whether it finds one where nothing changes, missing elsewhere.
    """
    signs = truth.set_index(["size", "change"])
    rows = []
    study = effects["pair"] // SEEDS
    for (size, change, form, _), of in effects.groupby(["size", "change", "form", study]):
        if len(of) < SEEDS:
            continue
        t, p = stats.ttest_1samp(of[list(METRICS)].to_numpy(), 0.0)
        for metric, sign, is_found in zip(METRICS, np.sign(t), p < 0.05, strict=True):
            row: dict[str, object] = {"form": form, "metric": metric}
            if change == NOTHING:
                row["false"] = float(is_found)
            elif true := signs.loc[(size, change), metric]:
                row |= {"right": float(is_found and sign == true)}
                row |= {"wrong": float(is_found and sign == -true)}
            rows.append(row)
    return pd.DataFrame(rows)


def agree(ranks: pd.DataFrame) -> dict[tuple[str, str], float]:
    """Return by form and metric Spearman's correlation with the operator, its mean over sizes."""
    found = {}
    for metric in METRICS:
        for form in FORMS:
            each = []
            for _, of in ranks.groupby("size"):
                own, true = (of.loc[of["form"] == kind, metric] for kind in (form, "operator"))
                each.append(stats.spearmanr(own.to_numpy(), true.to_numpy()).statistic)
            found[form, metric] = float(np.mean(each))
    return found


_IN_SHORT = f"""\
Of the changes below, in all sizes: in how many the unfolded form has the larger standardised
effect, and the geometric mean of its ratio to the pooled form's. The truth is what a change does to
the same metric of the convolution's own spectrum on images (Sedghi et al. 2019, arXiv:1805.10408).
*right*: studies of {SEEDS} pairs whose paired t test at 5 % finds an effect of that sign; *wrong*:
of the other sign; *false*: any, where nothing changes. *ranks as operator*: Spearman's correlation
of a metric's changes with that truth, over all kinds and many amounts, chance left out."""
_IN_WORLDS = """\
The same of the smallest convolution, where what is planted is of another kind. *ranks*: ranks as
operator."""
_BY_CHANGE = f"""\
Mean over standard deviation of the difference of two trainings from the same start, of which one
has the change. Chance is {100 * CHANCE:.0f} % of the Frobenius norm in each, and every change is so
large that its effect on `log_norm`, which both forms have in common, is {EFFECT:g}."""
