"""A checkpoint and its base: names that differ, and what only one of them has."""

import pytest
import torch

from tests.helpers.state_dicts import checkpoint_of, resolved, same
from weightscape.parameters.base import match_base
from weightscape.parameters.resolve import resolve

PARTS = ("query", "key", "value")
NAMES = [f"encoder.layer.{i}.attention.self.{part}.weight" for i in range(2) for part in PARTS]


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def bert():
    return {name: torch.randn(8, 8) for name in NAMES} | {
        "embeddings.word_embeddings.weight": torch.randn(30, 8)
    }


def match(tuned, base, **about):
    return match_base(resolved(tuned, **about), resolve(checkpoint_of(base, "base")))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("bert.", ""), ("", "bert."), ("roberta.", "bert."), ("model.encoder.", ""), ("", "")],
)
def test_names_are_matched_without_what_stands_before_all(ours, theirs):
    base = bert()
    tuned = {ours + name: value for name, value in base.items()}
    tuned["classifier.weight"] = torch.randn(2, 8)
    tuned[f"{ours}embeddings.word_embeddings.weight"] = torch.randn(32, 8)
    given = {theirs + name: value for name, value in base.items()}
    matched, notes = match(tuned, given | {"pooler.weight": torch.randn(8, 8)})
    for name, value in base.items():
        same(matched.parameters[ours + name], value)
    *how, only = notes
    assert only == "only the base, base, has pooler.weight"
    expected = [f"`{ours}` in the checkpoint alone"] if ours else []
    expected += [f"`{theirs}` in the base alone"] if theirs else []
    assert how == ([f"names are matched but for {' and '.join(expected)}"] if expected else [])


def test_names_of_two_networks_are_said_to_differ_in_one_line():
    matched, notes = match(bert(), {"layer1.0.conv1.weight": torch.randn(4, 4, 3, 3)})
    (note,) = notes
    assert "no parameter of the base, base, has a name of the checkpoint" in note
    assert f"layer1.0.conv1.weight and {NAMES[0]}" in note
    assert matched.parameters.keys() == {"layer1.0.conv1.weight"}


def test_single_layers_of_one_shape_are_not_taken_for_the_same():
    matched, (note,) = match({"fc.weight": torch.ones(4, 4)}, {"head.weight": torch.ones(4, 4)})
    assert matched.parameters.keys() == {"head.weight"}
    assert "no parameter of the base" in note
    alone, _ = match({"fc.weight": torch.ones(4, 4)}, {"weight": torch.ones(4, 4)})
    assert alone.parameters.keys() == {"fc.weight"}


def test_what_only_the_base_has_is_named_in_one_line():
    more = {f"head.{index}.weight": torch.randn(3, 3) for index in range(5)}
    _, notes = match(bert(), bert() | more)
    assert notes == ("only the base, base, has head.0.weight, head.1.weight, head.2.weight"
                     " and 2 more",)  # fmt: skip


def fused(state, name="qkv.weight"):
    stems = {key.rpartition("query.")[0] for key in state if "query." in key}
    return {
        f"{stem}{name}": torch.cat([state[f"{stem}{part}.weight"] for part in PARTS])
        for stem in sorted(stems)
    }


@pytest.mark.parametrize("name", ["qkv.weight", "in_proj_weight"])
def test_queries_keys_and_values_are_put_together_and_taken_apart(name):
    base = {key: value for key, value in bert().items() if "word" not in key}
    together, notes = match(fused(base, name), base)
    assert notes == ()
    for key, value in fused(base, name).items():
        same(together.parameters[key], value)
    apart, notes = match(base, fused(base, name))
    assert notes == ()
    for key, value in base.items():
        same(apart.parameters[key], value)


def test_gates_of_an_mlp_are_put_together_and_taken_apart():
    apart = {f"mlp.{name}_proj.weight": torch.randn(12, 8) for name in ("gate", "up")}
    down = {"mlp.down_proj.weight": torch.randn(8, 12)}
    whole = {"mlp.gate_up_proj.weight": torch.cat(list(apart.values()))}
    found, notes = match(apart | down, whole | down)
    assert notes == ()
    for key, value in apart.items():
        same(found.parameters[key], value)
    found, notes = match(whole | down, apart | down)
    assert notes == ()
    same(found.parameters["mlp.gate_up_proj.weight"], whole["mlp.gate_up_proj.weight"])


def test_names_that_fit_two_parts_of_the_base_are_not_matched():
    stem = "layers.0.self_attn.q_proj.weight"
    parts = [f"model.{part}.{stem}" for part in ("vision_tower", "language_model")]
    matched, (note,) = match({f"model.{stem}": torch.randn(8, 8)},
                             {name: torch.randn(8, 8) for name in parts})  # fmt: skip
    assert "`model.vision_tower.` and `model.language_model.` of the base, base, alike" in note
    assert matched.parameters.keys() == set(parts)


def test_columns_of_gpt2():
    parts = {f"h.0.attn.{n}_proj.weight": torch.randn(8, 8) for n in "qkv"}
    whole = {"h.0.attn.c_attn.weight": torch.cat(list(parts.values())).T}
    apart, _ = match(parts, whole)
    together, _ = match(whole, parts)
    for key, value in parts.items():
        same(apart.parameters[key], value)
    same(together.parameters["h.0.attn.c_attn.weight"], whole["h.0.attn.c_attn.weight"])


def test_projections_whose_order_does_not_show_stay():
    parts = {key: value for key, value in bert().items() if "word" not in key}
    matched, _ = match(fused(parts, "query_key_value.weight"), parts)
    assert matched.parameters.keys() == parts.keys()


def test_adapters_find_the_weights_that_they_change():
    lora = {"lora_A.weight": torch.randn(2, 8), "lora_B.weight": torch.randn(8, 2)}
    tuned = {f"base_model.model.bert.{NAMES[0].removesuffix('weight')}{name}": value
             for name, value in lora.items()}  # fmt: skip
    base = bert()
    matched, notes = match(tuned, base, config={"lora_alpha": 2, "r": 2})
    same(matched.parameters[f"bert.{NAMES[0]}"], base[NAMES[0]])
    assert notes == ("names are matched but for `bert.` in the checkpoint alone",)


def test_names_of_kohya_are_those_of_the_network_with_its_dots():
    base = {"down_blocks.0.attn1.to_q.weight": torch.randn(8, 8)}
    flat = "lora_unet_down_blocks_0_attn1_to_q"
    tuned = {f"{flat}.lora_down.weight": torch.randn(2, 8),
             f"{flat}.lora_up.weight": torch.randn(8, 2)}  # fmt: skip
    matched, notes = match(tuned, base)
    same(matched.parameters[f"{flat}.weight"], base["down_blocks.0.attn1.to_q.weight"])
    assert notes == ()


def test_what_the_base_does_not_give_keeps_its_reason():
    tuned = {"model.a.weight": torch.randn(4, 4), "model.b.weight": torch.randn(4, 4)}
    given = {"a.weight": torch.randn(4, 4), "b.qweight": torch.ones(4, 4, dtype=torch.int32),
             "b.scales": torch.ones(1)}  # fmt: skip
    matched, _ = match(tuned, given)
    assert "quantised by GPTQ or AWQ" in matched.skipped["b.weight"]


def test_weights_that_are_shared_in_one_of_the_two_only():
    table = torch.randn(20, 8)
    one = {"model.embed_tokens.weight": table}
    two = one | {"lm_head.weight": table}
    apart = one | {"lm_head.weight": torch.randn(20, 8)}
    same(match(apart, two)[0].parameters["lm_head.weight"], table)
    assert match(two, one)[1] == match(one, two)[1] == match(apart, two)[1] == ()
    other = {"lm_head.weight": table, "model.embed_tokens.weight": table}
    assert match(other, one)[1] == match(other, apart)[1] == ()
    same(match(two, {"lm_head.weight": table})[0].parameters["model.embed_tokens.weight"], table)
