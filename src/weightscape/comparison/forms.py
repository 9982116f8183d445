"""The form of convolutions that is compared: of a layer's rows, one counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

FORM = "unfolded"
"""The form that is compared where nothing else is asked for.

In simulated convolutions it is the one whose metrics go where the convolution's own operator goes:
`python -m benchmarks forms`.
"""

OF_LAYERS = ("spectra", "spectra_along")
"""Tables with rows about the spectra of layers in several forms."""


def keep_form(tables: Mapping[str, pd.DataFrame], form: str = FORM) -> dict[str, pd.DataFrame]:
    """Return the tables with one row of spectra for a layer matrix of a run and stage or step.

    A layer has a row for each of its forms; whoever averages or counts rows takes one of them.

    Parameters
    ----------
    tables : mapping
        Tables of a study by their names. `spectra` and `spectra_along` may be missing, or lack the
        column `form`: then no layer has several forms.
    form : {"pooled", "unfolded"}, optional
        The form that counts of convolutions; layers of one form alone always do.

    Raises
    ------
    ValueError
        If there are convolutions in another form and none in this one.
    """
    of_layers = [name for name in OF_LAYERS if name in tables and "form" in tables[name].columns]
    return {**tables, **{name: _keep(name, tables[name], form) for name in of_layers}}


def _keep(name: str, spectra: pd.DataFrame, form: str) -> pd.DataFrame:
    there = set(spectra["form"]) - {""}
    if there and form not in there:
        raise ValueError(
            f"the table {name} has convolutions in the form {', '.join(sorted(there))}, and"
            f" {form} is to be compared: set comparison.form, or fit both (spectra.form: both)"
        )
    return spectra[spectra["form"].isin(["", form])]
