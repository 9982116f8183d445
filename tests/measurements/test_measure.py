"""Whatever a measurement does, the table says it, and nothing stops or changes."""

import random

import numpy as np
import pytest
import torch

from weightscape.config.measurement import Measurement, Value
from weightscape.config.metric import Metric
from weightscape.config.run import RunId
from weightscape.data.examples import Examples
from weightscape.measurements.measure import make_subject, measure
from weightscape.network.build import describe, initialise, make_live
from weightscape.tables.measurements import SCHEMA

INFO = describe("resnet10t", in_chans=1, num_classes=3)
RUN = RunId("digits", "tiny", "baseline", 2)


@pytest.fixture(scope="module")
def subject():
    labels = np.arange(12) % 3
    images = Examples(np.zeros((12, 1, 8, 8), np.uint8), labels, ("a", "b", "c"))
    asked = [(("val", "none", 0), images), (("test", "none", 0), images)]
    return make_subject(make_live(initialise(INFO, 1, {}), INFO), images, images, asked, 5)


def measurement(give):
    """Return a measurement with the metrics a and b that gives what `give` yields."""

    class Asked(Measurement):
        metrics = (Metric("a", "The one."), Metric("b", "The other."))

        def __call__(self, subject):
            return give(subject)

    return Asked()


def rows(subject, *gives, step=None):
    table = measure([measurement(give) for give in gives], subject, RUN, step)
    assert table.schema.equals(SCHEMA)
    return table.to_pylist()


def test_a_number_has_a_row_with_all_that_it_is_of(subject):
    def give(subject):
        yield Value("a", 1)
        yield Value("b", np.float32(0.5), layer="fc")
        yield Value("b", 2.0, "", *next(iter(subject.test_sets)))

    one, of_layer, of_images = rows(subject, give, step=7)
    assert one == RUN._asdict() | {
        "metric": "a", "layer": "", "test_set": "", "shift": "", "severity": 0, "step": 7,
        "value": 1.0, "status": "ok", "reason": "",
    }  # fmt: skip
    assert (of_layer["layer"], of_layer["value"]) == ("fc", 0.5)
    assert (of_images["test_set"], of_images["shift"], of_images["severity"]) == ("test", "none", 0)
    assert rows(subject, give)[0]["step"] is None


def test_validation_examples_are_no_test_set(subject):
    assert list(subject.test_sets) == [("test", "none", 0)]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (Value("a", float("nan")), "nan, no finite number"),
        (Value("a", -np.inf), "-inf, no finite number"),
        (Value("a", float("nan"), reason="a class is missing"), "a class is missing"),
        (Value("c", 1.0), "Asked does not declare 'c' among its metrics"),
        (Value("a", "1.0"), "Asked gives a str for a, and not a number"),
        (Value("a", torch.ones(()), layer="fc"), "gives a Tensor for a of fc, and not a number"),
        (Value("a", None), "gives a NoneType for a, and not a number"),
    ],
)
def test_what_is_no_number_is_a_failed_row_and_others_stand(subject, value, reason):
    failed, sound = rows(subject, lambda subject: [value, Value("b", 2.0)])
    assert (failed["metric"], failed["value"], failed["status"]) == (value.metric, None, "failed")
    assert reason in failed["reason"]
    assert (sound["value"], sound["status"], sound["reason"]) == (2.0, "ok", "")


def test_a_value_given_twice_does_not_stand(subject):
    (row,) = rows(subject, lambda subject: [Value("a", 1.0), Value("a", 1.0), Value("a", 1.0)])
    assert (row["status"], row["reason"]) == ("failed", "Asked gives a twice")
    both = rows(subject, lambda s: [Value("a", 1.0)], lambda s: [Value("a", 1.0)])
    assert [row["status"] for row in both] == ["failed"]
    assert "Asked and another measurement both give a" in both[0]["reason"]


def broken(subject):
    yield Value("a", 1.0)
    raise RuntimeError("a line\nand another")


def test_an_exception_fails_what_has_not_come_and_nothing_else(subject, caplog):
    found = rows(subject, broken, lambda s: [Value("a", 3.0, layer="x")])
    assert [(row["metric"], row["status"]) for row in found] == [
        ("a", "ok"), ("b", "failed"), ("a", "ok"),
    ]  # fmt: skip
    assert found[1]["reason"] == "Asked: RuntimeError: a line and another"
    assert "Traceback" in caplog.text


def test_an_exception_after_all_metrics_fails_the_last_value(subject):
    def give(subject):
        yield Value("a", 1.0)
        yield Value("b", 1.0, layer="x")
        yield Value("b", 1.0, layer="y")
        raise SystemExit(3)

    assert [row["status"] for row in rows(subject, give)] == ["ok", "ok", "failed"]


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        (None, "TypeError"),
        ([], "Asked gives no value"),
        ([("a", 1.0)], "gives a tuple, and should give a Value"),
        ([Value("a", 1.0, layer=3)], "its severity is an int"),
        ([Value("a", 1.0, severity="1")], "its severity is an int"),
    ],
)
def test_what_gives_no_values_fails_all_its_metrics(subject, given, reason):
    found = rows(subject, lambda subject: given)
    assert [(row["metric"], row["status"]) for row in found] == [("a", "failed"), ("b", "failed")]
    assert all(reason in row["reason"] for row in found)


def test_only_the_keyboard_stops_it(subject):
    def give(subject):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rows(subject, give)


def test_each_has_its_own_network_and_its_own_random_numbers(subject):
    seen = []

    def give(subject):
        network = subject.network
        assert not network.module.training and torch.is_grad_enabled()
        seen.append(network.head.weight.norm().item())
        with torch.no_grad():
            network.head.weight.zero_()
        network.head.bias.sum().backward()
        network.module.train()
        yield Value("a", random.random() + torch.rand(()).item() + np.random.random())  # noqa: NPY002

    before = subject.network.head.weight.norm().item()
    states = torch.get_rng_state(), random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002
    first = rows(subject, give)
    torch.rand(3)
    torch.set_rng_state(states[0])
    again = rows(subject, give)
    assert first == again
    assert seen == [before, before]
    assert subject.network.head.weight.norm().item() == before
    assert subject.network.head.bias.grad is None
    assert torch.equal(torch.get_rng_state(), states[0])
    assert random.getstate() == states[1]
    assert np.array_equal(np.random.get_state()[1], states[2])  # noqa: NPY002
