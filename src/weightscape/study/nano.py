"""Any study, shrunk to a trial of minutes."""

import re
from typing import Any

from weightscape.config.backbone import Backbone
from weightscape.config.condition import Condition
from weightscape.config.derived import DerivedEntry
from weightscape.config.families import CONTROL
from weightscape.config.generator import GeneratorEntry
from weightscape.config.recipe import Optimisation
from weightscape.config.source import DatasetEntry
from weightscape.config.spectra_along import SpectraAlong
from weightscape.study.study import Study

IMAGES = 30
"""Images of a class, at most."""

STEPS = 10
"""Steps of a training: so many that a control of four fifths of them differs."""

LONGEST = 4.0
"""How many times these a condition may do that trains longer than others."""

SETTINGS = 2
"""Settings of a grid from which one is chosen, at most."""

SIDE = 32
"""Height and width of images and inputs, at most."""

SIBLINGS: dict[str, dict[str, Any]] = {
    r"(vit|deit)_": {"embed_dim": 48, "depth": 2, "num_heads": 2, "patch_size": 8},
    r"resnet\d+_clip": {"width_factor": 0.25, "head_hidden_size": 64},
    r"(tf_)?(efficientnet|mobilenet|mnasnet)": {"architecture": "test_efficientnet"},
    r"resnet(10|14|18|26|34|50|101|152)": {"layers": (1, 1, 1, 1), "channels": (8, 16, 24, 32)},
}
"""By the architecture's name: arguments by which timm builds a small network of the same kind, or
the `architecture` of one that timm has."""


def shrink(study: Study) -> Study:
    """Return `study` as a trial, under the name <study>-nano.

    It has the first dataset and the first backbone, of every family of conditions the last member,
    and all controls, with what they are compared with, of settings to choose from the first two,
    two seeds at most, some images of every class, and ten steps; a condition that trains longer or
    shorter does so by the same factor. Generators that are trained so briefly are not filtered.
    Networks that come with published weights, or with none, are small ones of the same kind, with
    random weights in the place of published ones, so that nothing of theirs is downloaded.
    """
    conditions = _one_of_each_family(study.all_conditions)
    return study.model_copy(
        update={
            "study": f"{study.study}-nano",
            "seeds": min(study.seeds, 2),
            "datasets": tuple(_few_images(d) for d in study.datasets[:1]),
            "backbones": tuple(_small(b) for b in study.backbones[:1]),
            "generators": tuple(_nano_generator(g) for g in study.generators),
            "training": study.training.model_copy(update=_quick(study.training)),
            "conditions": tuple(_quickly(c, study.training) for c in conditions),
            "diversity": study.diversity
            and study.diversity.model_copy(update={"subsample": 40, "repeats": 10, "k": 3}),
            # Steps of a long training are beyond one of ten.
            "spectra_along": study.spectra_along and SpectraAlong(shares=(0, 0.5, 1)),
            "derived": _with_members(study.derived, conditions),
        }
    )


def _one_of_each_family(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    settings: dict[str, list[Condition]] = {}
    for condition in conditions:
        settings.setdefault(condition.stands_for, []).append(condition)
    kept = [*{condition.family: condition for condition in conditions}.values()]
    # Controls of steps and of the rate do different things, and likeness needs both.
    kept += [condition for condition in conditions if condition.family == CONTROL]
    wanted = {condition.stands_for for condition in kept}
    for condition in kept:
        while condition.stands_for != condition.reference:
            condition = settings[condition.reference][0]
            wanted.add(condition.stands_for)
    return tuple(each for name in settings if name in wanted for each in settings[name][:SETTINGS])


def _few_images(dataset: DatasetEntry) -> DatasetEntry:
    options = dict(dataset.options)
    if options.get("image_size"):
        options["image_size"] = min(options["image_size"], SIDE)
    limit = min(dataset.limit or IMAGES, IMAGES)
    return dataset.model_copy(update={"limit": limit, "options": options})


def _small(backbone: Backbone) -> Backbone:
    if backbone.pretraining is not None:
        quick = {**_quick(backbone.pretraining), "limit": 8}
        return backbone.model_copy(
            update={"pretraining": backbone.pretraining.model_copy(update=quick)}
        )
    sibling = next(
        (args for pattern, args in SIBLINGS.items() if re.match(pattern, backbone.architecture)), {}
    )
    ready = backbone.pretrained in ("timm", "package", "checkpoint")
    architecture = sibling.get("architecture", backbone.architecture)
    same = architecture == backbone.architecture
    return backbone.model_copy(
        update={
            "architecture": architecture,
            "model_args": {**backbone.model_args, **sibling} if same else {},
            "img_size": backbone.img_size and min(backbone.img_size, SIDE),
            "pretrained": "random" if ready else backbone.pretrained,
            "checkpoint": None,
            "package": None,
        }
    )


def _nano_generator(entry: GeneratorEntry) -> GeneratorEntry:
    small = entry.build().shrink()
    if small is None:
        return entry
    # A filter would find no image that shows its class after so short a training.
    return entry.with_options(small).model_copy(update={"filter": False})


def _quick(recipe: Optimisation) -> dict[str, Any]:
    return {
        "epochs": 1,
        "warmup_epochs": 0,
        "steps": STEPS,
        "eval_interval": recipe.eval_interval and 2,
        "batch_size": min(recipe.batch_size, 32),
    }


def _quickly(condition: Condition, training: Optimisation) -> Condition:
    fixed = _quick(Optimisation()).keys()
    factors = {key: value for key, value in condition.factors.items() if key not in fixed}
    for key in ("epochs", "steps"):
        usual = getattr(training, key)
        if key in condition.factors and usual:
            times = factors.get("steps_factor", training.steps_factor)
            factors["steps_factor"] = min(times * condition.factors[key] / usual, LONGEST)
    return condition.model_copy(update={"factors": factors})


def _with_members(
    entries: tuple[DerivedEntry, ...], conditions: tuple[Condition, ...]
) -> tuple[DerivedEntry, ...]:
    there = {name for c in conditions for name in (c.name, c.family)}
    kept = []
    for entry in entries:
        members = tuple(name for name in entry.of if name in there)
        reference = entry.reference if entry.reference in there else None
        if members:
            kept.append(entry.model_copy(update={"of": members, "reference": reference}))
    return tuple(kept)
