"""Figures of the weights themselves: metrics by depth, and one layer's spectrum."""

import numpy as np
import pyarrow as pa
import pytest

from tests.helpers.drawing import CELL, lines, small_runs
from tests.helpers.tables import frame, study
from weightscape.figures.metric_by_depth import MetricByDepth
from weightscape.figures.profiles import LAYER_METRICS
from weightscape.figures.spectrum import Spectrum
from weightscape.spectra import table as spectra
from weightscape.spectra.marchenko_pastur import mp_edges
from weightscape.spectra.metrics import METRICS
from weightscape.tables import eigenvalues


@pytest.fixture(scope="module")
def tables():
    return study()


def small_spectra(values):
    """Return spectra with log_norm from {(condition, seed): (first layer, second, fc)}."""
    rows = []
    for (condition, seed), numbers in values.items():
        names = (("second", "conv", 1), ("first", "stem", 0), ("fc", "classifier", 2))
        for (layer, role, block), value in zip(
            names, (numbers[1], numbers[0], numbers[2]), strict=True
        ):
            initial = condition == "init"
            rows.append(
                {
                    **CELL,
                    "backbone": "b0" if initial else "b",
                    "condition": condition,
                    "seed": seed,
                    "stage": "init" if initial else "finetuned",
                    "layer": layer,
                    "role": role,
                    "block": block,
                    "log_norm": value,
                    "num_evals": 4,
                }
            )
    return frame(spectra.SCHEMA, rows)


def test_metric_by_depth():
    given = {
        "runs": small_runs(("base", "baseline", None), ("s", "scratch", None)),
        "spectra": small_spectra(
            {
                ("init", 0): (1, 2, 5),
                ("init", 1): (1, 3, 5),
                ("base", 0): (2, 2, 9),
                ("base", 1): (4, 4, 7),
                ("s", 0): (0, 0, 0),
                ("s", 1): (0, 0, 0),
            }
        ),
    }
    figure = MetricByDepth(metrics=("log_norm",))
    numbers = figure.numbers(given)
    assert numbers[["condition", "layer", "position", "n_seeds"]].to_numpy().tolist() == [
        ["base", "first", 0, 2],
        ["base", "second", 1, 2],
        ["base", "fc", 2, 2],
    ]
    assert numbers[["mean", "low", "high"]].to_numpy().tolist() == [
        [2, 1, 3],
        [0.5, 0, 1],
        [3, 2, 4],
    ]
    wide, narrow = figure.draw(numbers).axes
    (line,) = lines(wide, "base")
    np.testing.assert_equal(line.get_xydata(), [[0, 2], [1, np.nan], [2, 0.5]])
    (point,) = lines(narrow, "base")
    assert point.get_ydata().tolist() == [3]


def turned_spectra():
    """Return spectra of a baseline and its twin whose directions have turned; init has no value."""
    rotation = {("base", 0): 0.2, ("base", 1): 0.4, ("twin", 0): 0.3, ("twin", 1): 0.3}
    place = {**CELL, "role": "conv", "block": 0, "layer": "conv"}
    rows = [
        {
            **place,
            "condition": condition,
            "seed": seed,
            "stage": "finetuned",
            "rotation_left_10": value,
            "rotation_chance_left_10": 0.375,
        }
        for (condition, seed), value in rotation.items()
    ]
    rows += [
        {**place, "backbone": "b0", "condition": "init", "seed": seed, "stage": "init"}
        for seed in (0, 1)
    ]
    return frame(spectra.SCHEMA, rows)


def test_rotation_by_depth_stands_beside_the_twin_and_chance():
    runs = small_runs(("base", "baseline", None), ("twin", "null", None))
    figure = MetricByDepth(metrics=("rotation_left_10", "log_norm"))
    numbers = figure.numbers({"runs": runs, "spectra": turned_spectra()})
    # What says how far a layer has moved is no change of itself.
    assert numbers.set_index("condition")["mean"].to_dict() == pytest.approx(
        {"base": 0.3, "twin": 0.3}
    )
    assert numbers["chance"].tolist() == [0.375, 0.375]
    wide = figure.draw(numbers).axes[0]
    assert wide.get_title(loc="left") == "rotation left 10"
    for name in ("base", "twin", "chance"):
        (line,) = lines(wide, name)
        assert line.get_ydata()[0] == pytest.approx(0.375 if name == "chance" else 0.3)
    # Chance that is far from all conditions does not flatten them.
    low, high = wide.get_ylim()
    assert -0.1 < low < high < 0.5


def many_layers(roles):
    """Return tables of one run whose layers have the given roles, from the input on."""
    layers = [{"layer": f"l{i}", "role": role, "block": i} for i, role in enumerate(roles)]
    tuned = {**CELL, "condition": "base", "seed": 0, "stage": "finetuned", "log_norm": 1.0}
    initial = tuned | {"backbone": "b0", "condition": "init", "stage": "init", "log_norm": 0.5}
    return {
        "runs": small_runs(("base", "baseline", None), seeds=1),
        "spectra": frame(spectra.SCHEMA, [net | at for net in (tuned, initial) for at in layers]),
    }


@pytest.mark.parametrize(
    ("roles", "names", "ticks"),
    [
        (["q", "mlp", "q"], ["l0", "l2", "l1"], [0, 1, 3]),
        (["stem"] + 15 * ["q", "mlp"], ["stem", "q", "mlp"], [0, 9, 25]),
    ],
    ids=["few", "many"],
)
def test_layers_of_a_role_stand_together(roles, names, ticks):
    given, figure = many_layers(roles), MetricByDepth(metrics=("log_norm",))
    wide = figure.draw(figure.numbers(given)).axes[0]
    assert [text.get_text() for text in wide.get_xticklabels()] == names
    assert wide.get_xticks().tolist() == ticks
    (line,) = lines(wide, "base")
    gaps = line.get_xdata()[np.isnan(line.get_ydata())]
    assert len(gaps) == len(set(roles)) - 1
    assert np.isfinite(line.get_ydata()).sum() == len(roles)


def test_depth_shows_any_number_in_the_spectra():
    numbers = {
        metric.name
        for metric in METRICS
        for kind in [spectra.SCHEMA.field(metric.name).type]
        if pa.types.is_floating(kind) or pa.types.is_integer(kind)
    }
    assert set(LAYER_METRICS) == numbers
    with pytest.raises(ValueError, match="trusted"):
        MetricByDepth(metrics=("trusted",))


def small_spectrum():
    tuned = {
        **CELL,
        "condition": "base",
        "seed": 0,
        "stage": "finetuned",
        "layer": "conv",
        "role": "conv",
        "block": 0,
    }
    keys = [tuned, tuned | {"backbone": "b0", "condition": "init", "stage": "init"}]
    values = [[0.0, 1.0, 10.0, 10.0, 100.0], [1.0, 1.0, 1.0, 1.0, 100.0]]
    fit = {"num_evals": 5, "alpha": 2.0, "xmin": 10.0, "num_pl_spikes": 3, "Q": 4.0}
    return {
        "runs": small_runs(("base", "baseline", None)),
        "spectra": frame(spectra.SCHEMA, [key | fit for key in keys]),
        "eigenvalues": frame(
            eigenvalues.SCHEMA,
            [key | {"values": found} for key, found in zip(keys, values, strict=True)],
        ),
    }


def test_bars_and_tail_of_a_spectrum():
    figure = Spectrum(bins=5)
    numbers = figure.numbers(small_spectrum())
    bars = numbers[(numbers["part"] == "histogram") & (numbers["stage"] == "finetuned")]
    width = 2 / 5  # decades
    np.testing.assert_allclose(bars["x"], 10 ** (width * np.arange(5)))
    # One of five eigenvalues at 1, two at 10, one at 100; the zero counts but is not drawn.
    np.testing.assert_allclose(bars["density"] * width, [0.2, 0, 0.4, 0, 0.2], atol=1e-12)
    tail = numbers[(numbers["part"] == "power_law") & (numbers["stage"] == "finetuned")]
    assert tail["x"].tolist() == [10, 100]
    # P(λ) = 3/5 · (α − 1)/10 · (λ/10)^−α, per decade times λ ln 10.
    np.testing.assert_allclose(tail["density"], [0.6 * np.log(10), 0.06 * np.log(10)])
    assert "marchenko_pastur" not in set(numbers["part"])

    weights, _ = figure.draw(numbers).axes
    (line,) = lines(weights, "power_law finetuned")
    np.testing.assert_allclose(line.get_ydata(), tail["density"])
    step = next(patch for patch in weights.patches if not patch.get_fill())
    initial = numbers[(numbers["part"] == "histogram") & (numbers["stage"] == "init")]
    np.testing.assert_allclose(step.get_data().values, initial["density"])
    assert weights.get_title(loc="left").endswith("2.00 → 2.00")


def test_curve_of_the_bulk_holds_its_share_between_the_edges(tables):
    numbers = Spectrum(conditions=("dropout-0.9",)).numbers(tables)
    assert list(numbers["condition"].unique()) == ["baseline", "dropout-0.9"]
    assert set(numbers["layer"]) == {"layer4.0.conv2"}
    chosen = "condition == 'dropout-0.9' and stage == 'finetuned'"
    curve = numbers.query(f"{chosen} and part == 'marchenko_pastur'")
    fit = tables["spectra"].query(f"{chosen} and seed == 0 and layer == 'layer4.0.conv2'").iloc[0]
    mean = fit["norm"] / fit["num_evals"]
    low, high = mp_edges(fit["Q"], fit["sigma_mp"])
    assert low * mean < curve["x"].min() < curve["x"].max() < high * mean
    mass = np.trapezoid(curve["density"], np.log10(curve["x"]))
    assert mass == pytest.approx(1 - fit["num_spikes"] / fit["num_evals"], abs=0.02)
