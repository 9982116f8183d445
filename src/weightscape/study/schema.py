"""The JSON schema of a study's config, for editors.

The models alone leave open what a plug-in or a recipe decides: the options of an entry, the
augmentations and the factors of a condition. Here all plug-ins are listed, and those places are
closed, so that an editor completes every key and refuses a wrong one.
"""

import copy
from typing import Any

from weightscape.comparison.metrics import comparable_metrics
from weightscape.config.augmentation import Augmentation
from weightscape.config.figure import FigureEntry
from weightscape.config.generator import GeneratorEntry
from weightscape.config.measurement import MeasurementEntry
from weightscape.config.plugins import Entry, Plugin, find_plugin, plugin_names
from weightscape.config.recipe import Recipe
from weightscape.config.shift import ShiftEntry
from weightscape.config.source import DatasetEntry, Source
from weightscape.study.study import Study

Schema = dict[str, Any]

ENTRIES: tuple[type[Entry], ...] = (
    DatasetEntry,
    ShiftEntry,
    GeneratorEntry,
    MeasurementEntry,
    FigureEntry,
)


def study_schema() -> Schema:
    """Return the JSON schema of a study."""
    schema = Study.model_json_schema()
    defs: dict[str, Schema] = schema["$defs"]
    kinds: list[type[Plugin]] = [Augmentation, *(entry.kind for entry in ENTRIES)]
    for kind in kinds:
        for name in plugin_names(kind):
            _add(defs, f"{kind.folder}.{name}", find_plugin(kind, name))
    _add(defs, "Recipe", Recipe)
    for entry in ENTRIES:
        _close_entry(defs, entry)
    _close_pretraining(defs)
    for name in ("Recipe", "Pretraining"):
        defs[name]["properties"]["augment"] = _augment(defs[name]["properties"]["augment"])
    defs["Factors"] = _partial(defs)
    _close_factors(defs)
    _close_metrics(defs)
    _open_groups(defs)
    for part in schema["properties"].values():
        target = part.get("items", {}).get("$ref", "").rpartition("/")[2]
        for entry in ENTRIES:
            if entry.__name__ == target:  # a bare name is an entry too
                names = {"enum": plugin_names(entry.kind)}
                part["items"] = {"anyOf": [names, part["items"]]}
    return schema


def _add(defs: dict[str, Schema], name: str, section: type[Plugin] | type[Recipe]) -> None:
    """Add the schema of a section to the definitions, and those that it refers to."""
    own = section.model_json_schema()
    defs.update({key: value for key, value in own.pop("$defs", {}).items() if key not in defs})
    defs[name] = own


def _close_entry(defs: dict[str, Schema], entry: type[Entry]) -> None:
    """Let an entry's options be those of the plug-in that its source, or else its name, names."""
    schema, names = defs[entry.__name__], plugin_names(entry.kind)
    schema["properties"]["source"] |= {"enum": names}
    schema["properties"]["source"].pop("default", None)
    schema["anyOf"] = [
        {"required": ["source"]},
        {"properties": {"name": {"enum": names}}},
    ]
    schema["allOf"] = [
        {
            "if": {
                "anyOf": [
                    {"properties": {"source": {"const": name}}, "required": ["source"]},
                    {"properties": {"name": {"const": name}}, "not": {"required": ["source"]}},
                ]
            },
            "then": {"properties": {"options": _ref(f"{entry.kind.folder}.{name}")}},
        }
        for name in names
    ]
    # The condition says which options there are; here it only has to be allowed at all.
    schema["properties"]["options"] = {"description": "Options of the plug-in.", "type": "object"}


def _close_pretraining(defs: dict[str, Schema]) -> None:
    """Let the options of a pre-training be those of the source that the backbone names."""
    defs["Pretraining"]["properties"]["options"] = {"type": "object"}
    defs["Backbone"]["allOf"] = [
        {
            "if": {"properties": {"pretrained": {"const": name}}, "required": ["pretrained"]},
            "then": {
                "properties": {
                    "pretraining": {"properties": {"options": _ref(f"{Source.folder}.{name}")}}
                }
            },
        }
        for name in plugin_names(Source)
    ]


def _augment(key: Schema) -> Schema:
    names = plugin_names(Augmentation)
    options = {
        name: {"anyOf": [_ref(f"{Augmentation.folder}.{name}"), {"type": "null"}]} for name in names
    }
    return {
        "description": key["description"],
        "default": {},
        "anyOf": [
            {"enum": names},
            {"type": "object", "properties": options, "additionalProperties": False},
        ],
    }


def _partial(defs: dict[str, Schema]) -> Schema:
    """Return the schema of factors: a recipe, of whose augmentations a family may vary one part."""
    factors = copy.deepcopy(defs["Recipe"])
    augmentations = factors["properties"]["augment"]["anyOf"][1]["properties"]
    for name in augmentations:
        options = {**defs[f"{Augmentation.folder}.{name}"]}
        options.pop("required", None)
        augmentations[name] = {"anyOf": [options, {"type": "null"}]}
    return factors


def _close_factors(defs: dict[str, Schema]) -> None:
    """Let conditions set the keys of a recipe alone; a dotted key sets a part of one."""
    keys = "|".join(Recipe.model_fields)
    dotted = rf"^({keys})(\..+)?$"
    for name in ("ConditionEntry", "FamilyEntry"):
        properties = defs[name]["properties"]
        properties["factors"] |= _ref("Factors")
        properties["factors"].pop("additionalProperties", None)
        properties["factors"].pop("type", None)
        properties["grid"]["propertyNames"] = {"pattern": dotted}
    defs["FamilyEntry"]["properties"]["vary"]["pattern"] = dotted
    # YAML reads an unquoted null as no value; it is the name of the twins' family.
    family = defs["ConditionEntry"]["properties"]["family"]
    family["anyOf"] = [{"type": family.pop("type"), "pattern": family.pop("pattern", "")}]
    family["anyOf"].append({"type": "null"})


def _close_metrics(defs: dict[str, Schema]) -> None:
    spectra = defs["Comparison"]["properties"]["spectra_metrics"]
    spectra["items"] = {"enum": [*comparable_metrics("spectra")]}
    defs["Part"]["properties"]["metrics"]["items"] = {"enum": [*comparable_metrics()]}


def _open_groups(defs: dict[str, Schema]) -> None:
    """Let the name of a family, or a list of them, stand for a group of conditions."""
    names = defs["Group"]["properties"]["families"]
    mapping = {**defs["Group"]}
    described = {key: mapping.pop(key) for key in ("title", "description")}
    defs["Group"] = described | {"anyOf": [names["items"], {**names}, mapping]}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/$defs/{name}"}
