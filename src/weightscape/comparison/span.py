"""What more or less training does to the layers, as a study shows it."""

import numpy as np

from weightscape.comparison.effects import Effects
from weightscape.comparison.paired import Array
from weightscape.config.families import CONTROL

CONTROL_LINE = "{ name: control-steps, family: control, factors: { steps_factor: 0.8 } }"
"""A condition that trains for fewer steps and is else the baseline."""

LINES = {
    "steps": CONTROL_LINE,
    "rate": "{ name: control-rate, family: control, factors: { lr: … } }, with .7 of the rate",
}
"""What to add for a control of each kind."""


def find_span(effects: Effects, stage: str, metric: str, meant: np.ndarray) -> tuple[Array, str]:
    """Return the span of the amount of training, and why there is none.

    Parameters
    ----------
    effects : Effects
        The effects.
    stage, metric : str
        Of which weights, and what of them.
    meant : numpy.ndarray
        Which conditions are looked at, shape (conditions,).

    Returns
    -------
    span : numpy.ndarray
        Shape (vectors, seeds, layers): the own change of the references, then the effect of every
        control, those of one name in several settings averaged.
    reason : str
        Empty where the span can be used.
    """
    table = effects.conditions
    controls = (table["family"] == CONTROL).to_numpy(bool) & meant & effects.comparable
    nothing = np.empty((0, len(effects.seeds), len(effects.layers)))
    if not controls.any():
        return nothing, (
            "needs a control, a condition that differs in the amount of training alone: add"
            f" `- {CONTROL_LINE}` to the conditions"
        )
    if (stage, metric) not in effects.own:
        return nothing, f"of the stage {stage} there is no own change to take out"
    own = effects.own[stage, metric][meant & effects.comparable]
    found = own[np.isfinite(own).any(axis=(1, 2))]
    if not len(found):
        return nothing, "needs the spectra of the initial weights"
    if lost := [note for note in table.loc[controls, "limitation"] if note]:
        return nothing, "; ".join(dict.fromkeys(lost))
    # Fewer steps and a lower rate move the layers in two directions. Of a table from elsewhere, it
    # may not be known which of them its controls have.
    known = {*table.loc[controls, "kind"]} - {""}
    if missing := [kind for kind in LINES if known and kind not in known]:
        return nothing, (
            f"needs a control of the {missing[0]}, too: less of one is not less of the other; add"
            f" `- {LINES[missing[0]]}` to the conditions"
        )
    names = table["condition"].str.split("+").str[0].to_numpy(object)
    values = effects.weights[stage, metric]
    vectors = [found.mean(axis=0)]
    vectors += [
        values[controls & (names == name)].mean(axis=0) for name in dict.fromkeys(names[controls])
    ]
    return np.stack(vectors), ""
