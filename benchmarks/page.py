"""The review's page in headless Chromium: how long a reader waits for it, and for each thing that a reader does.

An interaction is measured in the page, from the event to the frame that shows its effect, layout and painting
included. `python -m benchmarks.page FILE` measures a page that is there.
"""

import os
import shutil
import statistics
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.engine import Row

HOW_TO_GET = "apt-get install chromium"
_TIMES = 9

_CHANGED = "target.dispatchEvent(new Event('input', {bubbles: true}))"
_INTERACTIONS = {
    "a letter typed into the agents' filter": (
        "#filter-agent",
        f"target.value = target.value ? '' : '1'; {_CHANGED}",
    ),
    "a capability chosen": ("#filter-capability", f"target.selectedIndex = 1 - target.selectedIndex; {_CHANGED}"),
    "a layer chosen": ("#filter-layer", f"target.selectedIndex = 1 - target.selectedIndex; {_CHANGED}"),
    "filters cleared": ("#clear", "target.click()"),
    "an agent opened": ("#agents > details:not([open])", "target.open = true"),
    "an agent's rules opened": ("#agents > details[open] .body > details:not([open]):last-child", "target.open = true"),
    "more agents shown": ("#more:not([hidden])", "target.click()"),
}
"""What is done, by its name: to what, and how; the first that the page has is meant."""

_MEASURE = """async (selector) => {
  const target = document.querySelector(selector);
  if (!target) return null;
  const start = performance.now();
  %s
  await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  return performance.now() - start;
}"""


def interactions(file: Path) -> Iterator[Row]:
    """A page's load and each interaction with it: the median and the longest of some times, in milliseconds."""
    path = os.environ.get("RINGFENCE_CHROMIUM") or shutil.which("chromium")
    if path is None:
        yield "Chromium", f"skipped, it is not here: {HOW_TO_GET}"
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(file.as_uri())
        loaded = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        yield "the page is there", f"{loaded:.0f} ms, a file of {file.stat().st_size / 1e6:.1f} MB"
        for name, (selector, act) in _INTERACTIONS.items():
            times = list(_times(page, selector, act))
            if times:
                yield name, f"{statistics.median(times):.0f} ms, at most {max(times):.0f} ms"
        browser.close()


def _times(page: Page, selector: str, act: str) -> Iterator[float]:
    for _ in range(_TIMES):
        # Let what came before come to rest: a reader does one thing at a time.
        page.evaluate("() => new Promise((done) => requestIdleCallback(done, {timeout: 500}))")
        took = page.evaluate(_MEASURE % act, selector)
        if took is not None:
            yield took


if __name__ == "__main__":
    for label, value in interactions(Path(sys.argv[1]).resolve()):
        print(f"| {label} | {value} |")
