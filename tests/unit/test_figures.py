import subprocess
import sys
from importlib import import_module

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from matplotlib.figure import Figure
from tables import CONDITIONS, SHIFTS, frame, study

from weightscape import table
from weightscape.comparison.likeness import likeness
from weightscape.comparison.paired import paired_effect
from weightscape.figures import (
    accuracy_shift,
    condition_likeness,
    dose_response,
    family_bars,
    metric_by_depth,
    spectrum,
    style,
)
from weightscape.figures.save import save_figure
from weightscape.figures.shifted import MEAN
from weightscape.schemas import comparisons, eigenvalues, runs, scores, spectra
from weightscape.spectra.marchenko_pastur import mp_edges

FIGURES = [
    spectrum,
    metric_by_depth,
    family_bars,
    accuracy_shift,
    dose_response,
    condition_likeness,
]
CELL = {"dataset": "d", "backbone": "b"}


@pytest.fixture(scope="module")
def tables():
    return study()


def name_of(module):
    return module.__name__.rsplit(".", 1)[-1]


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def small_runs(*conditions, seeds=2, **values):
    """Return a runs table of (condition, family, dose), all compared with `base`."""
    return frame(
        runs.SCHEMA,
        [
            {
                **CELL,
                "condition": condition,
                "family": family,
                "dose": dose,
                "seed": k,
                "reference": "base",
                "initial": "b0",
                "comparable_weights": family != "scratch",
            }
            | values
            for condition, family, dose in conditions
            for k in range(seeds)
        ],
    )


# --- likeness


def test_likeness_by_hand():
    effects = {
        "a": np.array([[0.0, 1, 2], [0, 2, 1]]),
        "b": np.array([[0.0, 1, 2], [2, 1, 0]]),
    }
    r, reliability, corrected = likeness(effects)
    # r(a0, b1) = -1 and r(a1, b0) = 1/2; a0 and a1 share r = 1/2, b0 and b1 r = -1.
    np.testing.assert_allclose(r, [[0.5, -0.25], [-0.25, -1]])
    np.testing.assert_allclose(reliability, [0.5, -1])
    np.testing.assert_allclose(corrected, [[1, np.nan], [np.nan, np.nan]])


def test_noise_of_a_shared_reference_is_no_likeness():
    rng = np.random.default_rng(1)
    a, b, reference = rng.normal(size=(3, 12, 300))
    same_seed = np.mean(
        [np.corrcoef(a[k] - reference[k], b[k] - reference[k])[0, 1] for k in range(12)]
    )
    r, _, corrected = likeness({"a": a - reference, "b": b - reference})
    assert same_seed == pytest.approx(0.5, abs=0.05)
    assert abs(r[0, 1]) < 0.02
    assert np.isnan(corrected).all()


def test_planted_likeness_is_recovered_whatever_the_strength():
    rng = np.random.default_rng(2)
    one, rest, *noise = rng.normal(size=(2 + 3 * 10, 2000))
    other = 0.6 * one + 0.8 * rest
    a, b, reference = np.reshape(noise, (3, 10, 2000))
    r, reliability, corrected = likeness(
        {
            "strong": 4 * one + a - reference,
            "weak": 1.5 * other + b - reference,
        }
    )
    # Signal variance over all variance, the noise being the run's and the reference's.
    np.testing.assert_allclose(reliability, [16 / 18, 2.25 / 4.25], atol=0.04)
    assert r[0, 1] < 0.47
    assert corrected[0, 1] == pytest.approx(0.6, abs=0.05)


def test_likeness_without_enough_to_go_by_is_missing():
    profile = np.arange(5.0)
    single, _, _ = likeness({"a": profile[None]})
    flat, _, _ = likeness({"a": np.ones((3, 5))})
    few, _, _ = likeness({"a": np.tile([0.0, 1, np.nan, np.nan, np.nan], (3, 1))})
    assert np.isnan([single, flat, few]).all()
    _, reliability, _ = likeness({"a": np.stack([profile, profile, np.full(5, np.nan)])})
    assert reliability[0] == pytest.approx(1)


def test_likeness_of_different_shapes_is_refused():
    with pytest.raises(ValueError, match=r"a \(2, 3\), b \(2, 4\)"):
        likeness({"a": np.zeros((2, 3)), "b": np.zeros((2, 4))})


# --- numbers and artists


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
    options = metric_by_depth.Options(metrics=("log_norm",))
    numbers = metric_by_depth.numbers(given, options)
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
    wide, narrow = metric_by_depth.draw(numbers, options).axes
    (line,) = lines(wide, "base")
    assert line.get_xydata().tolist() == [[0, 2], [1, 0.5]]
    (point,) = lines(narrow, "base")
    assert point.get_ydata().tolist() == [3]


def test_many_layers_are_named_by_their_blocks():
    layers = [{"layer": f"l{i}", "role": "conv", "block": i // 10} for i in range(30)]
    networks = [
        {**CELL, "condition": "base", "seed": 0, "stage": "finetuned", "log_norm": 1.0},
        {
            **CELL,
            "backbone": "b0",
            "condition": "init",
            "seed": 0,
            "stage": "init",
            "log_norm": 0.5,
        },
    ]
    given = {
        "runs": small_runs(("base", "baseline", None), seeds=1),
        "spectra": frame(spectra.SCHEMA, [net | layer for net in networks for layer in layers]),
    }
    options = metric_by_depth.Options(metrics=("log_norm",))
    wide = metric_by_depth.draw(metric_by_depth.numbers(given, options), options).axes[0]
    assert wide.get_xticks().tolist() == [0, 10, 20]
    assert [text.get_text() for text in wide.get_xticklabels()] == ["block 0", "block 1", "block 2"]


def test_family_bars():
    row = {
        **CELL,
        "condition": "x",
        "family": "dropout",
        "dose": 0.5,
        "reference": "base",
        "scope": "body",
        "stage": "finetuned",
        "metric": "alpha",
        "effect": 1.0,
        "low": 0.5,
        "high": 1.5,
        "n_seeds": 3,
    }
    given = {
        "comparisons": frame(
            comparisons.SCHEMA,
            [
                row,
                row | {"scope": "all", "effect": 2.0},
                row
                | {"condition": "twin", "family": "null", "effect": 0.1, "low": -0.2, "high": 0.4},
                row | {"stage": "delta", "effect": 9.0},
                row | {"scope": "layer", "layer": "fc", "effect": 9.0},
                row | {"metric": "D", "effect": 9.0},
                row | {"condition": "base", "effect": 9.0},
                row | {"condition": "gone", "effect": None},
                row | {"dataset": "other", "effect": 9.0},
            ],
        )
    }
    options = family_bars.Options(metrics=("alpha",))
    numbers = family_bars.numbers(given, options)
    assert numbers[["scope", "condition", "effect"]].to_numpy().tolist() == [
        ["body", "x", 1.0],
        ["all", "x", 2.0],
        ["body", "twin", 0.1],
    ]
    body, everything = family_bars.draw(numbers, options).axes
    band, twin, x = body.patches
    assert band.get_gid() == "noise floor"
    assert band.get_extents().transformed(body.transData.inverted()).intervalx.tolist() == (
        pytest.approx([-0.2, 0.4])
    )
    assert (twin.get_width(), x.get_width()) == (0.1, 1.0)
    assert [bar.get_width() for bar in everything.patches] == [2.0]
    assert [0.5, 1.5] in [list(line.get_xdata()) for line in body.lines]


def small_scores(values):
    """Return scores from {(condition, seed): (iid, blur 1, blur 2, dark)}."""
    tests = [("test", "none", 0), ("test", "blur", 1), ("test", "blur", 2), ("sketch", "dark", 1)]
    return frame(
        scores.SCHEMA,
        [
            {
                **CELL,
                "condition": condition,
                "seed": seed,
                "test_set": test,
                "shift": shift,
                "severity": severity,
                "accuracy": accuracy,
            }
            for (condition, seed), numbers in values.items()
            for (test, shift, severity), accuracy in zip(tests, numbers, strict=True)
        ],
    )


SCORES = {
    ("base", 0): (0.9, 0.8, 0.6, 0.5),
    ("base", 1): (0.8, 0.7, 0.5, 0.3),
    ("twin", 0): (0.9, 0.8, 0.6, 0.5),
    ("twin", 1): (0.9, 0.7, 0.5, 0.5),
    ("x", 0): (0.95, 0.9, 0.7, 0.6),
    ("x", 1): (0.85, 0.8, 0.6, 0.5),
}
SCORED = (("base", "baseline", None), ("twin", "null", None), ("x", "dropout", 0.5))


def test_accuracy_shift():
    given = {"runs": small_runs(*SCORED), "scores": small_scores(SCORES)}
    options = accuracy_shift.Options()
    numbers = accuracy_shift.numbers(given, options)
    base = numbers[(numbers["condition"] == "base") & (numbers["kind"] == "run")]
    assert list(base["shift"].unique()) == [MEAN, "blur", "dark (sketch)"]
    # Each shift counts the same, however many severities it has.
    assert base.loc[base["shift"] == MEAN, "shifted"].tolist() == pytest.approx([0.6, 0.45])
    assert base.loc[base["shift"] == "blur", "shifted"].tolist() == pytest.approx([0.7, 0.6])
    mean = numbers[(numbers["kind"] == "mean") & (numbers["shift"] == MEAN)].set_index("condition")
    assert mean.loc["x", ["iid", "shifted"]].tolist() == pytest.approx([0.9, 0.65])
    (floor,) = numbers[(numbers["kind"] == "floor") & (numbers["shift"] == MEAN)].itertuples()
    known = paired_effect(np.array([0.0, 0.1]))
    assert (floor.iid_low, floor.iid_high) == pytest.approx((0.85 + known.low, 0.85 + known.high))

    large, *small = accuracy_shift.draw(numbers, options).axes
    assert [ax.get_title(loc="left") for ax in small] == ["blur", "dark (sketch)"]
    dots, middle = lines(large, "x")
    assert dots.get_xydata().tolist() == pytest.approx(np.array([[0.95, 0.7], [0.85, 0.6]]))
    assert middle.get_xydata()[0].tolist() == pytest.approx([0.9, 0.65])
    (box,) = large.patches
    assert box.get_x() == pytest.approx(floor.iid_low)


def test_dose_response():
    row = {
        **CELL,
        "condition": "x",
        "family": "dropout",
        "dose": 0.5,
        "reference": "base",
        "scope": "body",
        "stage": "finetuned",
        "metric": "log_norm",
        "effect": 1.0,
        "low": 0.5,
        "high": 1.5,
    }
    given = {
        "runs": small_runs(*SCORED),
        "scores": small_scores(SCORES),
        "comparisons": frame(
            comparisons.SCHEMA,
            [
                row | {"condition": "y", "dose": 0.9, "effect": 3.0},
                row,
                row | {"scope": "all", "effect": 9.0},
                row | {"condition": "plain", "family": "augmentation", "dose": None},
                row
                | {"condition": "twin", "family": "null", "dose": None, "low": -1.0, "high": 2.0},
            ],
        ),
    }
    options = dose_response.Options(metrics=("log_norm",))
    numbers = dose_response.numbers(given, options)
    assert numbers[["quantity", "condition", "effect"]].to_numpy().tolist() == [
        ["log_norm", "y", 3.0],
        ["log_norm", "x", 1.0],
        ["log_norm", "twin", 1.0],
        ["accuracy", "twin", pytest.approx(0.05)],
        ["accuracy", "x", pytest.approx(0.05)],
        ["shifted_accuracy", "twin", pytest.approx(0.05)],
        ["shifted_accuracy", "x", pytest.approx(0.125)],
    ]
    # Paired differences of the means over the shifts: .7 − .6 and .6 − .45.
    known = paired_effect(np.array([0.1, 0.15]))
    shifted = numbers.iloc[-1]
    assert (shifted["low"], shifted["high"]) == pytest.approx((known.low, known.high))

    axes = dose_response.draw(numbers, options).axes
    assert [ax.get_title(loc="center") for ax in axes] == [
        style.label(name) for name in ("log_norm", "accuracy", "shifted_accuracy")
    ]
    (line,) = lines(axes[0], "base")
    assert line.get_xydata().tolist() == [[1, 1.0], [2, 3.0]]
    assert [text.get_text() for text in axes[0].get_xticklabels()] == ["ref.", "0.5", "0.9"]
    assert [patch.get_gid() for patch in axes[0].patches] == ["noise floor"]

    unshifted = given | {"scores": given["scores"].query("shift == 'none'")}
    numbers = dose_response.numbers(unshifted, options)
    assert list(numbers["quantity"].unique()) == ["log_norm", "accuracy"]
    assert accuracy_shift.numbers(unshifted, accuracy_shift.Options()).empty


def test_condition_likeness(tables):
    options = condition_likeness.Options()
    numbers = condition_likeness.numbers(tables, options)
    compared = [name for name in CONDITIONS if name not in ("baseline", "scratch")]
    assert list(numbers["condition"].unique()) == compared
    body = tables["spectra"].query("stage == 'finetuned' and role != 'classifier'")
    value = body.pivot(index=["condition", "seed"], columns="layer", values="log_norm")
    r, reliability, corrected = likeness(
        {name: (value.loc[name] - value.loc["baseline"]).to_numpy() for name in compared}
    )
    shape = (len(compared), len(compared))
    np.testing.assert_allclose(numbers["r"].to_numpy().reshape(shape), r)
    np.testing.assert_allclose(numbers["likeness"].to_numpy().reshape(shape), corrected)
    assert {"twin", "noise-0.3"} <= set(numbers.loc[numbers["reliability"] < 0.5, "condition"])

    ax = condition_likeness.draw(numbers, options).axes[0]
    shown = ax.images[0].get_array().filled(np.nan)
    np.fill_diagonal(corrected, np.nan)
    np.testing.assert_allclose(shown, corrected)
    framed = [
        text.get_text() for text in ax.texts if text.get_position()[0] == text.get_position()[1]
    ]
    assert framed == [f"{value:.2f}".replace("-", "−") for value in reliability]
    hatched = [patch for patch in ax.patches if patch.get_hatch()]
    assert len(hatched) == np.isnan(corrected).sum() - len(compared)


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
    options = spectrum.Options(bins=5)
    numbers = spectrum.numbers(small_spectrum(), options)
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

    weights, _ = spectrum.draw(numbers, options).axes
    (line,) = lines(weights, "power_law finetuned")
    np.testing.assert_allclose(line.get_ydata(), tail["density"])
    step = next(patch for patch in weights.patches if not patch.get_fill())
    initial = numbers[(numbers["part"] == "histogram") & (numbers["stage"] == "init")]
    np.testing.assert_allclose(step.get_data().values, initial["density"])
    assert weights.get_title(loc="left").endswith("2.00 → 2.00")


def test_curve_of_the_bulk_holds_its_share_between_the_edges(tables):
    numbers = spectrum.numbers(tables, spectrum.Options(conditions=("dropout-0.9",)))
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


def test_unknown_names_are_refused(tables):
    for options in ({"layer": "nowhere"}, {"conditions": ["nothing"]}, {"dataset": "none"}):
        with pytest.raises(ValueError, match=r"nowhere|nothing|none"):
            spectrum.numbers(tables, spectrum.Options(**options))


def test_a_figure_shows_one_dataset_and_backbone(tables):
    other = study(dataset="faces", seed=1)
    both = {name: pd.concat([tables[name], other[name]]) for name in tables}
    for module in FIGURES:
        for chosen, alone in (("digits", tables), ("faces", other)):
            pd.testing.assert_frame_equal(
                module.numbers(both, module.Options(dataset=chosen)),
                module.numbers(alone, module.Options()),
            )


# --- whatever the tables hold


def without_values(tables):
    blank = {
        name: found.assign(
            **{
                column: np.nan
                for column in found.select_dtypes("float64").columns
                if column != "dose"
            }
        )
        for name, found in tables.items()
    }
    nothing = [[] for _ in range(len(blank["eigenvalues"]))]
    return blank | {"eigenvalues": blank["eigenvalues"].assign(values=nothing)}


@pytest.mark.parametrize("module", FIGURES, ids=name_of)
@pytest.mark.parametrize("kind", ["plain", "one seed", "no values", "no rows", "baseline alone"])
def test_every_figure_draws_what_there_is(module, kind, tables, tmp_path):
    given = {
        "plain": lambda: tables,
        "one seed": lambda: study(seeds=1),
        "no values": lambda: without_values(tables),
        "no rows": lambda: {name: found.iloc[:0] for name, found in tables.items()},
        "baseline alone": lambda: {
            name: found[found["condition"].isin(["baseline", "init"])]
            for name, found in tables.items()
        },
    }[kind]()
    numbers = module.numbers({name: given[name] for name in module.TABLES}, module.Options())
    figure = module.draw(numbers, module.Options())
    assert isinstance(figure, Figure)
    with style.styled():
        figure.canvas.draw()
    assert kind != "plain" or len(numbers)


def test_a_saved_figure_has_the_same_bytes_each_time(tables, tmp_path):
    options = family_bars.Options()
    kept = []
    for place in (tmp_path / "one", tmp_path / "two"):
        numbers = family_bars.numbers(tables, options)
        paths = {kind: place / f"figure.{kind}" for kind in ("png", "pdf", "parquet")}
        save_figure(family_bars.draw(numbers, options), numbers, **paths, provenance={"study": "s"})
        kept.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert kept[0] == kept[1]
    assert b"CreationDate" not in kept[0]["pdf"]
    back = pq.read_table(paths["parquet"]).to_pandas()
    pd.testing.assert_frame_equal(back, numbers)
    assert table.provenance_of(paths["parquet"]) == {"study": "s"}


def test_the_style_knows_every_family():
    colours = [style.colour(family) for family in style.FAMILIES]
    assert len(set(colours)) == len(colours)
    assert style.colour("mixup") == style.colour("mixup") in style.OTHERS
    listed = style.conditions(
        pd.DataFrame(
            {
                "condition": ["mixup", "dropout-0.9", "base", "dropout-0.5"],
                "family": ["mixup", "dropout", "baseline", "dropout"],
                "dose": [np.nan, 0.9, np.nan, 0.5],
            }
        )
    )
    assert list(listed["condition"]) == ["base", "dropout-0.5", "dropout-0.9", "mixup"]
    assert listed["shade"].iloc[2] == style.colour("dropout").lower() != listed["shade"].iloc[1]


@pytest.mark.parametrize("module", FIGURES, ids=name_of)
def test_every_figure_explains_itself(module):
    fields = module.Options.model_fields.values()
    assert all(field.description and not field.is_required() for field in fields)
    assert module.Options.model_validate(module.Options().slice()) == module.Options()
    assert len(module.CAPTION) > 200


def test_options_are_checked_without_heavy_imports():
    code = (
        "import sys\n"
        + "".join(f"import {module.__name__}\n" for module in FIGURES)
        + "print(*{'numpy', 'pandas', 'scipy', 'matplotlib', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_the_tables_have_what_the_figures_name(tables):
    for module in FIGURES:
        assert import_module(module.__name__).TABLES
        assert set(module.TABLES) <= tables.keys()
    assert set(tables["scores"]["shift"]) == {"none", *SHIFTS}
