"""The families of conditions that are no choice: what chance, or more or less training, does."""

TWIN = "null"
"""The family of the twins, which differ from their reference in chance alone."""

CONTROL = "control"
"""The family of conditions that differ from their reference in the amount of training alone."""

NO_CHOICE = (TWIN, CONTROL)
"""The families that show what chance, or more or less training, does: no choice is among them."""
