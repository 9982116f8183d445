"""The last word of a study."""

from pathlib import Path

from tests.unit.tables import study
from weightscape.summary import summarise


def test_a_line_per_condition_and_no_number_where_there_is_none():
    tables = study()
    text = summarise(
        tables["runs"], tables["scores"], tables["comparisons"], Path("results/digits")
    )
    lines = {line.split()[0]: line for line in text.splitlines() if line}
    assert {"baseline", "twin", "dropout-0.9", "scratch"} <= lines.keys()
    assert "[" in lines["dropout-0.9"]
    # Other initial weights: an effect on accuracy, none on weights.
    assert lines["scratch"].endswith("–")
    assert "nan" not in text
    assert "results/digits/report.html" in text
