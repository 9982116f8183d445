"""Options of figures are checked against the study before any job starts."""

import pytest

from tests.helpers.drawing import FIGURES, name_of
from weightscape.config.figure import Figure
from weightscape.config.plugins import make_plugin
from weightscape.figures.check import check_figure

KNOWN = {
    "dataset": ["digits"],
    "backbone": ["tiny"],
    "condition": ["base", "x"],
    "metric": ["alpha", "log_norm"],
    "measured metric": ["trace"],
}


def check(source, **options):
    # As a study has them: written out, with every default.
    figure = make_plugin(Figure, source, make_plugin(Figure, source, options).slice())
    check_figure(figure, KNOWN)


@pytest.mark.parametrize(
    ("source", "options"),
    [
        ("family_bars", {"metrics": ["alpha"], "dataset": "digits", "backbone": "tiny"}),
        ("spectrum", {"conditions": ["x", "base"]}),
        ("effects_quadrants", {"pairs": [["alpha", "log_norm"]]}),
        ("condition_likeness", {"metric": "alpha", "level": "family"}),
        ("measured_effects", {"measured": ["trace"]}),
        ("metric_by_depth", {"metrics": ["norm"]}),  # from the spectra: need not be compared
    ],
)
def test_names_of_the_study_are_taken(source, options):
    check(source, **options)


@pytest.mark.parametrize(
    ("source", "options", "key", "wrong", "there"),
    [
        ("family_bars", {"dataset": "letters"}, "dataset", "letters", "digits"),
        ("claim_forest", {"backbone": "vit"}, "backbone", "vit", "tiny"),
        ("spectrum", {"conditions": ["x", "y"]}, "conditions", "y", "base, x"),
        ("dose_response", {"metrics": ["alpha", "norm"]}, "metrics", "norm", "alpha, log_norm"),
        ("condition_likeness", {"metric": "entropy"}, "metric", "entropy", "alpha, log_norm"),
        ("effects_quadrants", {"pairs": [["alpha", "D"]]}, "pairs", "D", "alpha, log_norm"),
        ("measured_course", {"measured": ["alpha"]}, "measured", "alpha", "trace"),
    ],
)
def test_other_names_are_refused(source, options, key, wrong, there):
    with pytest.raises(ValueError, match=f"^{source}: {key}: there is no .* '{wrong}'.* {there}$"):
        check(source, **options)


def test_what_no_spectrum_has_is_refused_by_the_options():
    with pytest.raises(ValueError, match="metric_by_depth: metrics"):
        check("metric_by_depth", metrics=["beauty"])


@pytest.mark.parametrize("figure", FIGURES, ids=name_of)
def test_defaults_pass_whatever_the_study_has(figure):
    check_figure(figure(), dict.fromkeys(KNOWN, ()))
