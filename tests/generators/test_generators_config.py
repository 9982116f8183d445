"""Generators in the config: what is accepted, what is refused, and what a job depends on."""

import copy
from pathlib import Path

import pytest
import yaml

from weightscape.config.generator import Generator
from weightscape.config.plugins import find_plugin, plugin_names
from weightscape.engine.digest import code_digest, reach
from weightscape.study.load import ConfigError, load_study
from weightscape.study.plan import Plan

ROOT = Path(__file__).parents[2]
DEFAULT = yaml.safe_load((ROOT / "studies/digits.yaml").read_text("utf-8"))
CHAIN = [
    {"name": "g1", "source": "gaussian_mixture"},
    {"name": "g2", "source": "gaussian_mixture", "trained_on": "g1"},
    {"name": "g3", "source": "gaussian_mixture", "trained_on": "g2", "fresh": 0.1},
]


def study(*, generators=(), conditions=(), **values):
    changed = copy.deepcopy(DEFAULT)
    changed["generators"] += generators
    changed["conditions"] += conditions
    return load_study({**changed, **values})


def test_all_generators_are_found_and_complete():
    names = plugin_names(Generator)
    assert names == ["diffusion", "folder", "gaussian_mixture", "text_to_image"]
    found = {name: find_plugin(Generator, name) for name in names}
    assert [name for name in names if found[name].learns] == ["diffusion", "gaussian_mixture"]
    for name in names:
        assert set(found[name].sampling) <= found[name].model_fields.keys(), name


def generation(number):
    factors = {"synthetic": {f"g{number}": 1.0}, "synthetic_replaces": True}
    return {
        "name": f"generation-{number}",
        "family": "generation",
        "dose": number,
        "factors": factors,
    }


def test_a_chain_of_generators_is_a_family_of_conditions_by_generation():
    plan = Plan(study(generators=CHAIN, conditions=[generation(g) for g in (1, 2, 3)]))
    assert [plan.generators[name].trained_on for name in ("g1", "g2", "g3")] == [None, "g1", "g2"]
    assert plan.generators["g3"].borrowed == 0.9
    assert plan.recipes["generation-3"].synthetic == {"g3": 1.0}
    assert plan.recipes["generation-3"].synthetic_replaces
    assert plan.conditions["generation-3"].dose == 3
    assert not plan.recipes["baseline"].synthetic_replaces


def test_a_family_may_vary_how_much_is_replaced():
    family = {
        "family": "synthetic_replaced",
        "vary": "synthetic.gaussian_mixture",
        "over": [0.1, 1.0],
        "factors": {"synthetic_replaces": True},
    }
    plan = Plan(study(conditions=[family]))
    assert plan.recipes["synthetic_replaced-0.1"].synthetic == {"gaussian_mixture": 0.1}
    assert plan.recipes["synthetic_replaced-0.1"].synthetic_replaces


def with_generator(**values):
    return {"generators": [{"name": "x", "source": "gaussian_mixture", **values}]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (with_generator(trained_on="y"), ["generators.x.trained_on", "'y'", "gaussian_mixture"]),
        (with_generator(trained_on="x"), ["generators.x.trained_on", "x → x"]),
        (
            {"generators": [{**CHAIN[0], "trained_on": "g3"}, *CHAIN[1:]]},
            ["generators.g1.trained_on", "g1 → g3 → g2 → g1", "none on real images"],
        ),
        (with_generator(fresh=0.5), ["generators.1", "fresh 0.5", "trained_on"]),
        (with_generator(trained_on="gaussian_mixture", fresh=1), ["generators.1.fresh", "1"]),
        (
            {"generators": [{**CHAIN[0], "ratio": 0.5}, *CHAIN[1:]]},
            ["generators.g2.trained_on", "1 times", "'g1'", "raise its ratio, which is 0.5"],
        ),
        (
            {"generators": [{"name": "f", "source": "folder", "options": {"path": "x"},
                             "trained_on": "gaussian_mixture"}]},
            ["generators.f.trained_on", "folder", "leave trained_on out"],
        ),
        (with_generator(ratio=0), ["generators.1.ratio", "greater than 0"]),
        (with_generator(filter="maybe"), ["generators.1.filter", "maybe"]),
        (with_generator(source="diffusion", options={"channels": 12}), ["channels", "12", "8"]),
        (with_generator(source="folder"), ["generators.1", "path", "required"]),
        (
            with_generator(source="text_to_image", options={"model": "m", "prompts": ["a dog"]}),
            ["prompts", "'a dog'", "{class}"],
        ),
        (
            {"conditions": [{"name": "x", "factors": {
                "synthetic": {"gaussian_mixture": 1.2}, "synthetic_replaces": True}}],
             "generators": []},
            ["conditions.x.factors", "1.2 times", "synthetic_replaces: false"],
        ),
    ],
)  # fmt: skip
def test_a_mistake_names_key_value_and_what_is_allowed(change, words):
    with pytest.raises(ConfigError) as error:
        study(**change)
    for word in words:
        assert word in str(error.value)


def test_nano_shrinks_what_a_plug_in_can_shrink():
    diffusion = {
        "name": "d", "source": "diffusion", "filter": True,
        "options": {"steps": 5000, "guidance": 1.5},
    }  # fmt: skip
    small = {g.name: g for g in study(generators=[diffusion], scale="nano").generators}
    options = small["d"].options
    assert options["steps"] <= 20 and options["sampling_steps"] <= 2 and options["channels"] == 8
    assert options["guidance"] == 1.5 and not small["d"].filter
    assert small["gaussian_mixture"].options["n_components_pca"] == 8


def test_a_training_does_not_depend_on_how_its_generator_is_used():
    base = {"name": "d", "source": "diffusion", "options": {}}
    changes = {
        "ratio": ({"ratio": 3}, True),
        "filter": ({"filter": True}, True),
        "guidance": ({"options": {"guidance": 1.5}}, True),
        "solver": ({"options": {"solver": "heun", "sampling_steps": 7}}, True),
        "steps": ({"options": {"steps": 7}}, False),
        "parent": ({"trained_on": "gaussian_mixture"}, False),
    }

    def training(entry):
        return Plan(study(generators=[entry])).generator_training("d")

    for change, same in changes.values():
        assert (training(base) == training({**base, **change})) == same, change
        other = {**base, **change, "name": "other"}
        plan = Plan(study(generators=[base, other]))
        assert plan.fitted_as("other") == ("d" if same else "other"), change
        assert plan.fitted_as("d") == "d"


def test_the_plan_follows_the_files_of_a_folder(tmp_path):
    (tmp_path / "a").mkdir()
    entry = {"name": "f", "source": "folder", "options": {"path": str(tmp_path)}}
    plan = Plan(study(generators=[entry]))

    def listing():
        return plan.generators["f"].build().listing()

    listings = [listing()]
    for name, content in (("a/1.png", b"1"), ("a/1.png", b"22"), ("b/1.png", b"1")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
        listings.append(listing())
    (tmp_path / "a/1.png").rename(tmp_path / "a/2.png")
    listings.append(listing())
    assert len(set(listings)) == len(listings) == 5
    assert listing() == listings[-1]


def test_a_package_that_is_not_installed_still_has_a_digest(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import a_package_that_nobody_has\n")
    assert reach(script).versions == {"a_package_that_nobody_has": "not installed"}
    assert len(code_digest(script)) == 16
