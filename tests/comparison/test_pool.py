"""Held-out domains of one data set, and several data sets, in one verdict."""

import numpy as np
import pandas as pd
import pytest

from tests.helpers.planted import claim, row, study
from weightscape.comparison.claims import claims_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.comparison.paired import estimate_paired
from weightscape.comparison.pool import pool_domains

UP = claim(test="direction", of=["dropout"], sign="up")
SCORES = claim(test="direction", of=["dropout"], sign="up", metrics=["accuracy"])


def datasets(groups, effects, seeds=5, noise=0.2):
    """Return the effects of dropout on datasets, each of a group and with an effect of its own."""
    parts = []
    for number, (name, group) in enumerate(groups.items()):
        rng = np.random.default_rng(number)
        base = rng.normal(size=(seeds, 3))
        moved = base + effects[number] + noise * rng.normal(size=(seeds, 3))
        accuracy = 0.5 + 0.1 * (moved - base)[:, :1] + np.zeros((seeds, 4))
        tables = study(
            {"baseline": base, "dropout": moved},
            {"dropout": accuracy},
            cell={"dataset": name, "backbone": "b"},
        )
        parts.append((tables[0].assign(dataset_group=group), *tables[1:]))
    return effects_of(Tables(*map(pd.concat, zip(*parts, strict=True))), ["log_norm"])


FOUR = {f"set{i}": f"set{i}" for i in range(4)}
DOMAINS = {"pacs-art": "pacs", "pacs-photo": "pacs", "pacs-sketch": "pacs"}


def table_of(found, one=UP):
    return claims_table(found, [one]).to_pandas()


def test_held_out_domains_are_averaged_seed_by_seed():
    found = datasets(DOMAINS, (1.0, 2.0, 3.0))
    [pooled] = pool_domains(found)
    assert (pooled.dataset, pooled.seeds) == ("pacs", [1, 2, 3, 4, 5])
    expected = np.mean([each.weights["finetuned", "log_norm"] for each in found], axis=0)
    np.testing.assert_allclose(pooled.weights["finetuned", "log_norm"], expected)
    key = ("test", "none", 0, "accuracy")
    values = np.mean([each.scores[key].values for each in found], axis=0)
    np.testing.assert_allclose(pooled.scores[key].values, values)
    table = table_of(found, SCORES)
    assert set(table["dataset"]) == {"pacs"}
    whole = row(table, part=0)
    estimate = estimate_paired(values[0])
    assert whole["effect"] == pytest.approx(float(estimate.effect))
    assert (whole["low"], whole["high"]) == pytest.approx((estimate.low, estimate.high))
    assert (whole["n_sets"], bool(whole["is_primary"])) == (1, True)


def test_supported_means_on_every_set():
    found = datasets(FOUR, (1.0, 2.0, 3.0, 0.5))
    table = table_of(found)
    body = table[(table["scope"] == "body") & (table["part"] == 0)]
    pooled, each = body[body["is_primary"]].iloc[0], body[~body["is_primary"]]
    assert (pooled["dataset"], pooled["verdict"]) == ("all", "supported")
    assert (pooled["n_sets"], pooled["n_sets_supported"]) == (4, 4)
    assert pooled["p"] == pytest.approx(each["p"].max())
    assert pooled["spread"] == pytest.approx(each["effect"].std(ddof=1))
    assert list(each["dataset"]) == list(FOUR)


def test_one_set_against_it_is_weighed_for_all():
    found = datasets(FOUR, (1.0, 2.0, 3.0, -2.0))
    table = table_of(found)
    body = table[(table["scope"] == "body") & (table["part"] == 0)]
    pooled, each = body[body["is_primary"]].iloc[0], body[~body["is_primary"]]
    assert pooled["verdict"] == "contradicted"
    assert pooled["p"] == pytest.approx(4 * each["p"].iloc[3])
    assert pooled["n_sets_supported"] == 3


def test_one_set_that_is_open_leaves_it_open():
    pooled = row(table_of(datasets(FOUR, (1.0, 2.0, 3.0, 0.0))), part=0, scope="body",
                 is_primary=True)  # fmt: skip
    assert pooled["verdict"] == "inconclusive"
    assert pooled["n_sets_supported"] == 3


def test_a_set_that_cannot_be_tested_is_named_and_left_out():
    found = datasets(FOUR, (1.0, 2.0, 3.0, 1.0))
    gone = found[1].conditions.assign(limitation="dropout with seed 2 failed")
    lost = type(found[1])(**{**vars(found[1]), "conditions": gone})
    table = table_of([found[0], lost, *found[2:]])
    pooled = row(table, part=0, scope="body", is_primary=True)
    assert (pooled["n_sets"], pooled["verdict"]) == (3, "supported")
    assert pooled["reason"] == "set1: dropout with seed 2 failed"


def test_backbones_are_not_averaged():
    found = datasets({"d": "d"}, (1.0,))
    other = type(found[0])(**{**vars(found[0]), "backbone": "vit"})
    assert [each.backbone for each in pool_domains([found[0], other])] == ["b", "vit"]
    pooled = row(table_of([found[0], other]), part=0, scope="body", is_primary=True)
    assert (pooled["dataset"], pooled["backbone"], pooled["n_sets"]) == ("d", "all", 2)
