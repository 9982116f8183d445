"""A report in a real browser without a network, and everything that it complains about."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

LOCAL = ("file:", "data:", "blob:")


def chromium() -> str:
    """Return the path of Chromium; skip the test where there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    pytest.skip("no chromium in PATH: the report is not tried in a browser")


@contextmanager
def opened(file: Path, width: int = 1280, height: int = 900) -> Iterator[Page]:
    """Open `file` in a window of so many pixels; at the end assert that nothing went wrong."""
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
        context.on(
            "request",
            lambda request: request.url.startswith(LOCAL) or wrong.append(request.url),
        )
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("console", lambda message: wrong.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.goto(file.as_uri())
        page.wait_for_selector("#scatter .main-svg")
        yield page
        browser.close()
    assert wrong == []


def is_wider_than_the_window(page: Page) -> bool:
    """Return whether the page scrolls sideways."""
    wider: bool = page.evaluate("document.documentElement.scrollWidth > window.innerWidth")
    return wider


def plotted(page: Page, name: str) -> list[dict]:
    """Return the traces that a plot shows."""
    traces: list[dict] = page.evaluate(
        f"document.getElementById('{name}').data.map(({{x, y, name, line}}) => "
        "({x, y, name: name ?? null, dash: line?.dash ?? null}))"
    )
    return traces
