"""Tables of a study some of whose conditions are trained in several settings of a grid."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tests.helpers.tables import compared
from weightscape.comparison.choice import find_chosen

VALIDATION = {
    "baseline": {"lr-0.1": 0.91, "lr-0.2": 0.9},
    "dropout-0.9": {"lr-0.1": 0.8, "lr-0.2": 0.85, "lr-0.3": None},
    "noise-0.3": {"lr-0.1": None, "lr-0.2": None},
}
"""Mean validation accuracy by condition and setting; None where a run failed."""


def with_settings(tables: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables with the settings of `VALIDATION`, equal in all but validation scores."""
    found = {}
    for name in ("runs", "spectra", "scores", "eigenvalues"):
        table = tables[name]
        parts = [table[~table["condition"].isin(VALIDATION)]]
        for condition, scores in VALIDATION.items():
            own = table[table["condition"] == condition]
            parts += [own.assign(condition=f"{condition}+{setting}") for setting in scores]
        found[name] = pd.concat(parts, ignore_index=True)
    runs = found["runs"]
    runs["val_accuracy"] = 0.5
    for condition, scores in VALIDATION.items():
        for setting, score in scores.items():
            of = runs["condition"] == f"{condition}+{setting}"
            runs.loc[of, ["stands_for", "setting"]] = [condition, setting]
            runs.loc[of, "val_accuracy"] = np.nan if score is None else score
            if score is None:
                runs.loc[of & (runs["seed"] == 1), ["status", "reason"]] = ["failed", "it diverged"]
    runs["chosen"] = find_chosen(runs.to_dict("records"))
    return found | compared(found)
