"""The report in headless Chromium, opened from disk without a network."""

import numpy as np
import pytest

from tests.helpers.chromium import is_wider_than_the_window, opened, plotted
from tests.helpers.reports import HOSTILE, hostile_tables, report_of
from tests.helpers.tables import study
from weightscape.spectra.marchenko_pastur import mp_density

pytestmark = pytest.mark.slow

LAYER = "layer4.0.conv2"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    file = tmp_path_factory.mktemp("report") / "report.html"
    file.write_text(report_of(study()), "utf-8")
    return file


@pytest.fixture
def page(report):
    with opened(report) as page:
        yield page


def cells(table, column):
    """Return the texts of a column of a browsed table, by the text of its head."""
    heads = [text.strip() for text in table.locator("thead th").all_inner_texts()]
    return table.locator(f"tbody tr td:nth-child({heads.index(column) + 1})").all_inner_texts()


def numbers(texts):
    """Return the numbers that cells show; None for a missing one."""
    plain = [text.replace("−", "-").replace("<", "") for text in texts]
    return [None if text == "–" else float(text) for text in plain]


def test_the_answer_is_on_the_first_screen(page):
    for place in page.locator(".answer strong").all():
        assert place.bounding_box()["y"] < 900
        assert place.inner_text().strip()


def test_a_layer_and_a_stage_change_both_plots(page):
    seen = []
    for layer, stage in (("fc", "finetuned"), (LAYER, "finetuned"), (LAYER, "delta")):
        page.get_by_label("layer", exact=True).select_option(
            label=f"{layer} ({'classifier' if layer == 'fc' else 'conv'})"
        )
        page.get_by_label("weights", exact=True).select_option(stage)
        both = plotted(page, "spectrum"), plotted(page, "scatter")
        assert all(trace["x"] for traces in both for trace in traces)
        assert layer in page.locator("#spectrum-words").inner_text()
        seen.append(str(both))
    assert len(set(seen)) == 3
    page.get_by_label("weights", exact=True).select_option("init")
    assert [one["name"] for one in plotted(page, "spectrum") if one["name"]] == [
        "initial weights of resnet10t"
    ]
    page.get_by_label("weights", exact=True).select_option("finetuned")


def test_a_condition_is_added_and_taken_away_with_the_keyboard(page):
    def names():
        return {trace["name"] for trace in plotted(page, "spectrum")}

    assert "weight_decay-5.0" not in names()
    box = page.get_by_label("weight_decay-5.0", exact=True)
    box.focus()
    page.keyboard.press("Space")
    assert "weight_decay-5.0" in names()
    page.keyboard.press("Space")
    assert "weight_decay-5.0" not in names()


def test_the_curves_are_the_fitted_laws(page):
    page.get_by_label("layer", exact=True).select_option(label=f"{LAYER} (conv)")
    spectra = study()["spectra"].query(
        f"layer == '{LAYER}' and stage == 'finetuned' and condition == 'baseline' and seed == 0"
    )
    (fit,) = spectra.to_dict("records")
    curves = {trace["dash"]: trace for trace in plotted(page, "spectrum")[::-1] if trace["dash"]}
    x, y = (np.array(curves["dash"][axis]) for axis in "xy")
    share = fit["num_pl_spikes"] / fit["num_evals"]
    # The density of a power law over x, times dx per decade.
    law = (fit["alpha"] - 1) / fit["xmin"] * (x / fit["xmin"]) ** -fit["alpha"]
    assert x == pytest.approx([fit["xmin"], fit["xmax"]], rel=1e-3)
    assert y == pytest.approx(share * law * x * np.log(10), rel=0.02)
    x, y = (np.array(curves["dot"][axis]) for axis in "xy")
    mean = fit["norm"] / fit["num_evals"]
    law = mp_density(x, fit["Q"], fit["sigma_mp"] * np.sqrt(mean))
    assert len(x) > 100
    share = 1 - fit["num_spikes"] / fit["num_evals"]
    # At its edges the law is steep in the rounding of its fit.
    assert y[5:-5] == pytest.approx((share * law * x * np.log(10))[5:-5], rel=0.02)


def test_the_scatter_names_every_run_and_the_table_lists_them(page):
    runs = study()["runs"]
    comparable = runs["comparable_weights"].sum()
    assert sum(len(trace["x"]) for trace in plotted(page, "scatter")) == comparable
    page.get_by_label("also runs from other initial weights").check()
    assert sum(len(trace["x"]) for trace in plotted(page, "scatter")) == len(runs)
    hover = page.evaluate("document.getElementById('scatter').data.flatMap((t) => t.text)")
    assert any(text.startswith("noise-0.3, seed 2<br>") for text in hover)
    page.get_by_text("The runs as a table").click()
    assert page.locator("#scatter-table tbody tr").count() == len(runs)
    page.get_by_label("metric of the runs").select_option(label="entropy")
    assert "entropy" in page.locator("#scatter-table thead").inner_text()


def test_effects_are_sorted_as_numbers_with_missing_ones_last(page):
    table = page.locator("#effects table")
    head = table.get_by_role("button", name="effect", exact=True)
    assert "–" in cells(table, "effect")
    for order, key in (("ascending", 1), ("descending", -1)):
        head.focus()
        page.keyboard.press("Enter")
        assert table.locator(f"th[aria-sort={order}]").inner_text().startswith("effect")
        assert table.locator("th[aria-sort]").count() == 1
        found = numbers(cells(table, "effect"))
        there = [value for value in found if value is not None]
        assert found == [*there, *[None] * (len(found) - len(there))]
        assert there == sorted(there, key=lambda value: key * value)


def test_effects_are_filtered(page):
    section = page.locator("#effects")
    section.get_by_label("scope").select_option("scores")
    section.get_by_label("shift").select_option("blur")
    section.get_by_label("metric").select_option("accuracy")
    table = section.locator("table")
    assert set(cells(table, "condition")) == set(study()["runs"]["condition"]) - {"baseline"}
    section.get_by_label("find").fill("DECAY")
    assert set(cells(table, "condition")) == {"weight_decay-1.0", "weight_decay-5.0"}
    assert section.get_by_text("2 of 2 rows").is_visible()
    section.get_by_label("find").fill("")
    for name in ("scope", "shift", "metric", "stage"):
        section.get_by_label(name, exact=True).select_option("")
    assert table.locator("tbody tr").count() == 100
    section.get_by_role("button", name="show all").click()
    assert table.locator("tbody tr").count() > 100


def test_claims_are_filtered_by_paper_and_verdict(page):
    everything = page.locator("table.claims tbody:visible").count()
    paper = page.get_by_role("button", name="arXiv:2403.00946")
    paper.click()
    assert paper.get_attribute("aria-pressed") == "true"
    few = page.locator("table.claims tbody:visible")
    assert 0 < few.count() < everything
    assert {each.get_attribute("data-paper") for each in few.all()} == {"arXiv:2403.00946"}
    page.get_by_role("button", name="arXiv:2410.14602v2").click()
    # Extensions of a paper's claims go with it.
    assert any("-extended" in each.inner_text() for each in few.all())
    page.get_by_role("group", name="Paper").get_by_role("button", name="all").click()
    verdict = page.get_by_role("group", name="Verdict").get_by_role("button", name="supported")
    verdict.click()
    assert all("supported" in each.get_attribute("data-verdicts") for each in few.all())
    page.get_by_role("group", name="Verdict").get_by_role("button", name="all").click()
    assert few.count() == everything


def test_the_first_tab_leads_past_the_navigation(report):
    with opened(report) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
        page.keyboard.press("Enter")
        assert page.url.endswith("#main")


@pytest.mark.parametrize("width", [360, 390])
def test_on_a_phone_only_tables_scroll_sideways(report, width):
    with opened(report, width, 844) as page:
        assert not is_wider_than_the_window(page)
        page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert not is_wider_than_the_window(page)
        scrolled = page.locator("#effects .scroll")
        assert scrolled.evaluate("each => each.scrollWidth > each.clientWidth")


def test_hostile_names_stay_text(tmp_path):
    file = tmp_path / "<b>&.html"
    file.write_text(report_of(hostile_tables()), "utf-8")
    with opened(file) as page:
        names = [HOSTILE[each] for each in ("trivial_augment", "noise-0.3", "synthetic-1.0")]
        for name in names:
            page.get_by_label(name, exact=True).check()
        for plot in ("spectrum", "scatter"):
            legend = page.locator(f"#{plot} .legendtext").all_text_contents()
            wanted = names if plot == "spectrum" else [HOSTILE["augmentation"]]
            assert set(wanted) <= set(legend)
        layer = f"{HOSTILE['layer1.0.conv1']} (conv)"
        page.get_by_label("layer", exact=True).select_option(label=layer)
        assert layer in page.locator("#spectrum-words").inner_text()
        table = page.locator("#effects table")
        assert set(names) <= set(cells(table, "condition"))
        assert page.locator("main img").count() == 1
        assert page.locator("script").count() == 5
