"""From a shift's config to its images."""

from weightscape.config.shift import ShiftEntry, Unshifted
from weightscape.data.examples import Examples
from weightscape.seeds import seed_for


def prepare_shift(unshifted: Unshifted, entry: ShiftEntry) -> dict[int, Examples]:
    """Return the shifted test set at each severity that is asked for."""
    shift, seed = entry.build(), seed_for("shift", entry.name)
    return {severity: shift(unshifted, severity, seed) for severity in shift.severities}
