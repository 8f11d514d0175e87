"""A real browser: Debian's Chromium, driven by Playwright, in a light and in a dark page."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

HOW_TO_GET = "apt-get install chromium, or name one in RINGFENCE_CHROMIUM"


@pytest.fixture(scope="module")  # while it runs, so does an event loop, beside which the program cannot be run
def chromium() -> Iterator[Browser]:
    path = os.environ.get("RINGFENCE_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.skip(f"no Chromium: {HOW_TO_GET}")
    expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
    with sync_playwright() as playwright:
        # Its sandbox needs what containers, and root, do not have; the page is our own.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def shown(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a page's text from a file, without a network; whatever the browser complains of fails the test."""
    complaints: list[str] = []
    requests: list[str] = []
    pages: list[Page] = []

    def show(text: str, scheme: str = "light", fragment: str = "") -> Page:
        file = tmp_path / f"page-{len(pages)}.html"
        file.write_text(text, encoding="utf-8")
        page = chromium.new_page(color_scheme=scheme, viewport={"width": 1280, "height": 900}, offline=True)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri() + fragment)
        pages.append(page)
        return page

    yield show
    for page in pages:
        page.close()
    assert complaints == []
    assert len(requests) == len(pages), requests
