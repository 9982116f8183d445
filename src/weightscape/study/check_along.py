"""Whether every training of a study comes to the steps where its spectra are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from weightscape.study.study import Study


def check_along(study: Study) -> None:
    """Refuse steps that a training does not come to, or that it cannot be known to come to.

    Raises
    ------
    ValueError
        With the key, the value and what is allowed there.
    """
    if study.spectra_along is None:
        return
    if not study.conditions:
        raise ValueError("spectra_along: there are no conditions whose trainings it could follow")
    last = max(study.spectra_along.steps, default=0)
    for condition in study.all_conditions:
        recipe = study.recipe(condition)
        if last and recipe.steps is None:
            raise ValueError(
                f"spectra_along.steps: {condition.name} trains for {recipe.epochs} epochs, and how"
                " many steps these are is not known before its images are there; give `shares` of"
                " the training, such as 0.1, or set `steps` in its recipe"
            )
        if last and last > (total := recipe.count_steps(1)):
            raise ValueError(
                f"spectra_along.steps: {last} is beyond the training of {condition.name}, which"
                f" has {total} steps; leave it out, or give `shares` of the training"
            )
