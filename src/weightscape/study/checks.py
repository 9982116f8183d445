"""Whether the sections of a study fit together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from weightscape.comparison.metrics import check_metrics, check_part
from weightscape.config.condition import Condition
from weightscape.config.derived import ALONG, Combination
from weightscape.config.diversity import image_sets
from weightscape.config.families import CONTROL
from weightscape.config.recipe import Recipe
from weightscape.config.section import explain
from weightscape.figures.check import check_figure
from weightscape.study.check_along import check_along
from weightscape.study.check_choice import check_choice

if TYPE_CHECKING:
    from weightscape.study.study import Study


AMOUNT = ("epochs", "steps", "steps_factor", "lr")
"""What a control may set: how much a network is trained."""


def check_study(study: Study) -> None:
    """Refuse a study whose sections do not fit together.

    Raises
    ------
    ValueError
        With the key, the value and what is allowed there.
    """
    for key in ("datasets", "backbones", "conditions"):
        if not (getattr(study, key) or study.checkpoints):
            raise ValueError(f"{key}: a study needs one at least, or checkpoints to look at")
    _check_names(study)
    _check_backbones(study)
    _check_generators(study)
    _check_metrics(study)
    _check_figures(study)
    _check_references(study)
    for condition in study.all_conditions:
        _check_recipe(study, condition)
        _check_control(study, condition)
    check_choice(study)
    check_along(study)
    _check_derived(study)
    _check_diversity(study)


def _check_names(study: Study) -> None:
    runs = [entry.name for entry in (*study.all_conditions, *study.all_derived)]
    for what, names in {
        "datasets": [entry.name for entry in study.datasets],
        "shifts": [entry.name for entry in study.shifts],
        "backbones": [entry.name for entry in study.backbones],
        "generators": [entry.name for entry in study.generators],
        "measurements": [entry.name for entry in study.measurements],
        "figures": [entry.name for entry in study.all_figures],
        "checkpoints": [entry.name for entry in study.checkpoints],
        "claims": [claim.claim for claim in study.all_claims],
        "conditions": runs,
    }.items():
        _no_twice(what, names)
    if "init" in runs:
        raise ValueError("conditions: 'init' is the word for initial weights; rename it")
    for word in {"none", "all"} & {shift.name for shift in study.shifts}:
        raise ValueError(f"shifts: {word!r} has a meaning of its own in the tables; rename it")
    for dataset in study.datasets:
        _all_known(f"datasets.{dataset.name}.shifts", dataset.shifts or (), study.shifts)


def _check_references(study: Study) -> None:
    names = {condition.stands_for for condition in (*study.all_conditions, *study.all_derived)}
    for condition in (*study.all_conditions, *study.all_derived):
        if condition.reference not in names:
            raise ValueError(
                f"conditions.{condition.name}.reference: there is no condition "
                f"{condition.reference!r}; there are {', '.join(sorted(names))}"
            )


def _check_metrics(study: Study) -> None:
    measured: dict[str, str] = {}
    for entry in study.measurements:
        for metric in entry.build().metrics:
            if other := measured.get(metric.name):
                raise ValueError(
                    f"measurements.{entry.name}: {metric.name!r} is measured by {other!r} too; keep"
                    " one of them"
                )
            measured[metric.name] = entry.name
    for place, name in enumerate(study.comparison.spectra_metrics):
        check_metrics([name], f"comparison.spectra_metrics.{place}", "spectra")
    fitted, form = study.spectra.form, study.comparison.form
    if study.conditions and fitted not in ("both", form):
        raise ValueError(
            f"comparison.form: {form!r} is not among the rows of spectra.form: {fitted!r}; set"
            f" comparison.form: {fitted}, or spectra.form: both"
        )
    for claim in study.claims:
        for part in claim.parts:
            check_part(part, f"claims.{claim.claim}", [*measured])


def _check_derived(study: Study) -> None:
    starts: dict[str, float] = {}
    for entry in study.all_derived:
        if len({study.recipe(c).pretrained for c in _members(study, entry)}) > 1:
            raise ValueError(
                f"derived.{entry.name}.of: {', '.join(entry.members)} start from different"
                " weights; take conditions of one start"
            )
        if entry.method not in ALONG:
            continue
        for member in entry.members:
            if starts.setdefault(member, entry.average_from) != entry.average_from:
                raise ValueError(
                    f"derived.{entry.name}.average_from: {entry.average_from} is not the"
                    f" {starts[member]} of another entry of {member!r}; a run has one"
                )


def _check_backbones(study: Study) -> None:
    names = {backbone.name for backbone in study.backbones}
    sources = [(dataset.source, dataset.options.get("path")) for dataset in study.datasets]
    for backbone in study.backbones:
        options = backbone.pretraining.options if backbone.pretraining else {}
        if (backbone.pretrained, options.get("path")) in sources:
            raise ValueError(
                f"backbones.{backbone.name}.pretrained: {backbone.pretrained!r} is a dataset of"
                " this study too, and its test images are not to be trained on"
            )
        if f"{backbone.name}-none" in names:
            raise ValueError(
                f"backbones: '{backbone.name}-none' is the name of {backbone.name!r} without"
                " pre-training; rename it"
            )


def _check_generators(study: Study) -> None:
    generators = {generator.name: generator for generator in study.generators}
    for generator in study.generators:
        chain = [generator.name]
        while (parent := generators[chain[-1]].trained_on) is not None:
            _all_known(f"generators.{chain[-1]}.trained_on", [parent], study.generators)
            if parent in chain:
                circle = " → ".join([*chain[chain.index(parent) :], parent])
                raise ValueError(
                    f"generators.{parent}.trained_on: these are trained on one another, and"
                    f" none on real images: {circle}"
                )
            chain.append(parent)
        if generator.trained_on is None:
            continue
        if not generator.build().learns:
            raise ValueError(
                f"generators.{generator.name}.trained_on: {generator.source} learns from no"
                " images; leave trained_on out"
            )
        if generator.borrowed > generators[generator.trained_on].ratio:
            raise ValueError(
                f"generators.{generator.name}.trained_on: {generator.borrowed:g} times the"
                f" real images are wanted, which is more than {generator.trained_on!r} makes;"
                f" raise its ratio, which is {generators[generator.trained_on].ratio:g}, or"
                f" fresh, which is {generator.fresh:g}"
            )


def _check_figures(study: Study) -> None:
    known = {
        "dataset": [dataset.name for dataset in study.datasets],
        "backbone": [backbone.name for backbone in study.backbones],
        "condition": [*dict.fromkeys(each.stands_for for each in study.all_conditions)],
        "metric": study.comparison.spectra_metrics,
        "measured metric": [m.name for entry in study.measurements for m in entry.build().metrics],
    }
    for figure in study.figures:
        try:
            check_figure(figure.build(), known)
        except ValueError as error:
            raise ValueError(f"figures.{figure.name}: {error}") from error


def _check_diversity(study: Study) -> None:
    if study.diversity is None:
        for figure in study.figures:
            if {"diversity", "samples"} & set(figure.build().tables):
                raise ValueError(
                    f"figures.{figure.name}: it is drawn from the diversity of the images;"
                    " add the section diversity: {}"
                )
        return
    if not study.conditions:
        raise ValueError("diversity: it is that of a study's images; give it conditions")
    recipes = {condition.name: study.recipe(condition) for condition in study.all_conditions}
    generators = [generator.name for generator in study.generators]
    try:
        image_sets(study.all_conditions, recipes, generators)
    except ValueError as error:
        raise ValueError(f"diversity: {error}") from error


def _check_recipe(study: Study, condition: Condition) -> None:
    try:
        recipe = study.recipe(condition)
    except ValidationError as error:
        raise ValueError(
            f"conditions.{condition.name}.factors: {explain(error, Recipe)}"
        ) from error
    generators = {generator.name: generator for generator in study.generators}
    for name, ratio in recipe.synthetic.items():
        if name not in generators:
            raise ValueError(
                f"conditions.{condition.name}.factors.synthetic: there is no generator"
                f" {name!r}; there are {', '.join(sorted(generators)) or 'none'}"
            )
        if ratio > generators[name].ratio:
            raise ValueError(
                f"conditions.{condition.name}.factors.synthetic: {ratio} is more than the"
                f" generator {name!r} makes; raise its ratio, which is {generators[name].ratio}"
            )


def _check_control(study: Study, condition: Condition) -> None:
    """Refuse a control that does more than train a network more or less."""
    others = {other.name: other for other in study.all_conditions}
    reference = others.get(condition.reference)
    if condition.family != CONTROL or reference is None:
        return
    recipe, plain = (study.recipe(each).model_dump() for each in (condition, reference))
    if more := [key for key in recipe if recipe[key] != plain[key] and key not in AMOUNT]:
        raise ValueError(
            f"conditions.{condition.name}.factors: a {CONTROL} differs from {reference.name} in the"
            f" amount of training alone, which {more[0]}: {recipe[more[0]]!r} is not; keep to"
            f" {', '.join(AMOUNT)}, or give it another family"
        )


def _members(study: Study, entry: Combination) -> list[Condition]:
    return [c for c in study.all_conditions if c.name in entry.members]


def _all_known(what: str, names: Iterable[str], entries: Iterable[Any]) -> None:
    known = [entry.name for entry in entries]
    for name in names:
        if name not in known:
            raise ValueError(
                f"{what}: there is no {name!r}; there are {', '.join(known) or 'none'}"
            )


def _no_twice(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ValueError(f"{what}: {count} of them are named {name!r}; a name must be unique")
