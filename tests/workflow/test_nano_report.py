"""The report of the nano study in headless Chromium."""

import pytest

from tests.helpers.chromium import is_wider_than_the_window, opened, plotted

pytestmark = pytest.mark.slow


def test_the_report_of_a_real_study_opens_and_reacts(nano):
    with opened(nano / "results/nano/report.html") as page:
        before = plotted(page, "spectrum"), plotted(page, "scatter")
        page.get_by_label("layer", exact=True).select_option(index=0)
        page.get_by_label("weights", exact=True).select_option("delta")
        assert (plotted(page, "spectrum"), plotted(page, "scatter")) != before
        assert "seed 1" in page.locator("#spectrum-words").inner_text()
        assert page.locator("#effects tbody tr").count() > 1
        assert page.locator("#figures img").count() == 2
        assert all(
            image.evaluate("each => { each.loading = 'eager'; return each.decode(); }") is None
            for image in page.locator("#figures img").all()
        )
        words = page.locator("#methods").text_content()
        assert all(name in words for name in ("torch", "numpy", "batch_size: 32"))


def test_it_fits_a_phone(nano):
    with opened(nano / "results/nano/report.html", 390, 844) as page:
        assert not is_wider_than_the_window(page)
