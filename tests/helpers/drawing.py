"""What the tests of figures share: small tables by hand, and a way to look into a picture."""

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.text import Text

from tests.helpers.tables import STRENGTH, frame, study
from weightscape.comparison.compare import comparisons_table
from weightscape.comparison.effects import Tables, effects_of
from weightscape.config.figure import Figure
from weightscape.config.plugins import find_plugin, module_of, plugin_names
from weightscape.spectra import along_table
from weightscape.tables import calibration, diversity, measurements, pictures, runs, samples

FIGURES = [find_plugin(Figure, name) for name in plugin_names(Figure)]
CELL = {"dataset": "d", "backbone": "b"}


def name_of(figure):
    return module_of(figure).rpartition(".")[2]


def lines(axes, label):
    return [line for line in axes.lines if line.get_label() == label]


def texts(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


@cache
def whole_study(**kwargs):
    """Return the tables of a study, those of measurements and of its images included."""
    tables = study(**kwargs)
    tables["measurements"] = _measurements(tables["runs"])
    tables["spectra_along"] = _spectra_along(tables["spectra"])
    measured = effects_of(Tables(tables["runs"], measurements=tables["measurements"]), ())
    effects = [tables["comparisons"], comparisons_table(measured).to_pandas()]
    tables["comparisons"] = pd.concat(effects, ignore_index=True)
    sets = list(_image_sets(tables["runs"]))
    return tables | {
        "calibration": _calibration(tables["scores"]),
        "diversity": _diversity(sets),
        "samples": _samples(sets),
        "pictures": _pictures(tables["runs"]["dataset"].iloc[0]),
    }


def _measurements(runs):
    """Return a number of the network, one of every layer and one of images; some along training."""
    rng = np.random.default_rng(0)
    places = [("trace", "", "", "", 0), ("rank", "conv", "", "", 0), ("rank", "fc", "", "", 0)]
    places += [("margin", "", "test", "none", 0), ("margin", "", "test", "blur", 1)]
    rows = []
    for run in runs[["dataset", "backbone", "condition", "seed"]].to_dict("records"):
        strength = STRENGTH.get(run["condition"], 0.0)
        for step in (2, 4, 8, None):
            for metric, layer, test_set, shift, severity in places:
                value = (step or 8) ** 0.5 * (1 + strength) + rng.normal(0, 0.1)
                about = {"metric": metric, "layer": layer, "test_set": test_set, "shift": shift}
                rows.append(run | about | {"severity": severity, "step": step, "value": value})
    return frame(measurements.SCHEMA, rows)


def _spectra_along(spectra):
    """Return the spectra of the runs as those of three steps, each closer to the end's."""
    ends = spectra[spectra["stage"] == "finetuned"].drop(columns="stage")
    parts = [
        ends.assign(step=step, log_norm=ends["log_norm"] * share, log_spectrum_distance=share)
        for step, share in ((0, 0.0), (4, 0.5), (8, 1.0))
    ]
    columns = along_table.SCHEMA.names
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)


def _image_sets(runs):
    """Give the identifiers of the sets of images that the conditions of a study train on."""
    kinds = {"baseline": "real", "synthetic": "mixed"}
    kinds |= dict.fromkeys(("augmentation", "noise"), "augmented")
    for run in runs.drop_duplicates("condition").to_dict("records"):
        about = {name: run[name] for name in ("dataset", "backbone", "condition", "family", "dose")}
        if run["family"] in kinds:
            kind = kinds[run["family"]]
            yield about | {"kind": kind, "set": "real" if kind == "real" else run["condition"]}
    cell = {name: about[name] for name in ("dataset", "backbone")}
    yield cell | {"set": "test", "kind": "test"}
    yield cell | {"set": "mixture", "kind": "synthetic", "generator": "mixture"}


def _diversity(sets):
    rows = []
    for i, about in enumerate(sets):
        for space, scale in (("pixels", 4.0), ("embedding", -0.05)):
            for name in ("", "a"):
                score = 1.5 + abs(scale) + scale * i / len(sets)
                known = {"vendi_subsampled": score, "vendi_low": score - 0.02, "n_subsample": 250}
                known |= {"vendi_high": score + 0.03, "space": space, "class": name}
                rows.append(about | known)
    return frame(diversity.SCHEMA, rows)


def _samples(sets):
    rng = np.random.default_rng(0)
    shape = {"channels": 1, "height": 8, "width": 8}
    return frame(
        samples.SCHEMA,
        [
            about
            | shape
            | {"class": name, "place": place, "pixels": rng.integers(0, 256, 64, np.uint8)}
            for about in sets
            for place in range(2)
            for name in "abc"
        ],
    )


def _pictures(dataset):
    rng = np.random.default_rng(0)
    shape = {"dataset": dataset, "channels": 1, "height": 8, "width": 8}
    rows = [
        shape | {"set": name, "severity": severity, "domain": "", "class": label, "place": place}
        for name, severity in (("train", 0), ("test", 0), ("blur", 1), ("blur", 3))
        for place in range(3)
        for label in "abc"
    ]
    return frame(
        pictures.SCHEMA, [row | {"pixels": rng.integers(0, 256, 64, np.uint8)} for row in rows]
    )


def _calibration(scores):
    rng = np.random.default_rng(0)
    key = ["dataset", "backbone", "condition", "seed", "test_set", "shift", "severity"]
    rows = []
    for about in scores[key].to_dict("records"):
        for b, n in enumerate(rng.integers(0, 60, 15) * rng.integers(0, 2, 15)):
            mean = (b + 0.5) / 15
            known = {"confidence": mean, "accuracy": mean * rng.uniform(0.8, 1.0)} if n else {}
            rows.append(about | {"bin": b, "n": int(n)} | known)
    return frame(calibration.SCHEMA, rows)


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
                "is_twin": family == "null",
                "from_scratch": family == "scratch",
                "status": "ok",
                "score": "accuracy",
            }
            | values
            for condition, family, dose in conditions
            for k in range(seeds)
        ],
    )
