"""Whether the settings of a study's grids can be chosen by validation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from weightscape.config.condition import Condition, expand_conditions
from weightscape.config.families import NO_CHOICE

if TYPE_CHECKING:
    from weightscape.study.study import Study


def check_choice(study: Study) -> None:
    """Refuse a study that chooses settings of which one cannot stand for all.

    Raises
    ------
    ValueError
        With the key, the value and what is allowed there.
    """
    if study.choose is None:
        return
    settings: dict[str, list[Condition]] = {}
    for condition in study.all_conditions:
        settings.setdefault(condition.stands_for, []).append(condition)
    chosen = {name: of for name, of in settings.items() if of[0].entry}
    if not chosen:
        raise ValueError(
            f"choose: {study.choose} has nothing to choose from; give conditions a grid, or leave"
            " it out"
        )
    _check_names(study)
    for name, of in chosen.items():
        if study.diversity is not None:
            _check_images(study, name, of)
    for name, of in settings.items():
        others = settings.get(of[0].reference, of)
        if of[0].family in NO_CHOICE:
            _check_follower(name, of, others)
    _check_derived(study, {each.name for of in chosen.values() for each in of})


def _check_names(study: Study) -> None:
    for name, count in Counter(_names(study)).items():
        if count > 1:
            raise ValueError(
                f"conditions: {count} of them are named {name!r}, and one of its settings is to"
                " bear that name; a name must be unique"
            )
        if name == "init":
            raise ValueError("conditions: 'init' is the word for initial weights; rename it")


def _names(study: Study) -> Iterator[str]:
    """Yield the name of every condition as it is compared, and of all that is derived."""
    for entry in study.conditions:
        yield from dict.fromkeys(each.stands_for for each in expand_conditions((entry,), True))
    yield from (each.name for each in study.all_derived)


def _check_images(study: Study, name: str, settings: list[Condition]) -> None:
    def images(condition: Condition) -> list[Any]:
        recipe = study.recipe(condition)
        # In order: equal mappings do not show it, and what comes first matters.
        shown = (recipe.augment, recipe.synthetic)
        return [*([*each.items()] for each in shown), recipe.synthetic_replaces]

    if any(images(each) != images(settings[0]) for each in settings):
        raise ValueError(
            f"conditions.{name}.grid: its settings differ in the images that are trained on, whose"
            " diversity is measured for a condition; make a condition of each, or leave diversity"
            " out"
        )


def _check_follower(name: str, own: list[Condition], others: list[Condition]) -> None:
    if [each.setting for each in own] != [each.setting for each in others]:
        raise ValueError(
            f"conditions.{name}.grid: twins and controls have the setting that their reference has"
            f" chosen, and that of {own[0].reference} may be any of"
            f" {', '.join(each.setting or 'none' for each in others)}; give it the same grid"
        )


def _check_derived(study: Study, settings: set[str]) -> None:
    for entry in study.all_derived:
        if named := [member for member in entry.members if member in settings]:
            raise ValueError(
                f"derived.{entry.name}.of: {named[0]!r} is one of the settings of a grid, and which"
                " of them is compared is known once all are trained; derive from conditions without"
                " a grid, or leave choose out, so that each setting is compared"
            )
