"""How long a reader waits for live cells, beside the same in Python on this machine, in one run.

A page with two cells is served on this machine and opened in Chromium. A round measures, one after the other: importing
SymPy in a fresh Python; from the click to the first result with nothing kept, and again with what a first visit keeps;
and a proof run again on the open page, beside the same proof run again in Python. Times are those of the clock.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_benchmark.fixture import BenchmarkFixture

from browser.serving import serving

ROOT = Path(__file__).parents[2]
PARTS = ROOT / "build" / "static" / "live"
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
PATIENCE = 300_000  # milliseconds

FIRST = "from sympy import Symbol, integrate, sin\nx = Symbol('x')\nintegrate(x * sin(x), x)"
LATER = """\
from sympy.core.cache import clear_cache
from lossgrad import equation, gradient, prove
from lossgrad.notation import W, X
from lossgrad.theorems import linear, softmax
clear_cache()
prove(softmax.weight_gradient())
prove(linear.tied_weights())
print('proved')"""

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self'",
    )
)

IN_PYTHON = """
import json, time
start = time.perf_counter()
import sympy
imported = time.perf_counter() - start
cell = compile(%r, "cell", "exec")
exec(cell, {})
start = time.perf_counter()
exec(cell, {})
print(json.dumps([imported, time.perf_counter() - start]))
"""

IMPORT = "import sympy, in Python"
AGAIN = "two proofs run again, in Python"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A page with two cells, served."""
    root = tmp_path_factory.mktemp("site")
    (root / "live").symlink_to(PARTS)
    (root / "own").symlink_to(ROOT / "docs" / "_static")
    (book,) = PARTS.glob("book-*")
    cells = "".join(
        f'<div class="cell"><div class="cell_input"><pre>{code}\n</pre></div></div>' for code in (FIRST, LATER)
    )
    (root / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>Live</title><script defer src="own/live.js"></script>'
        f'<button class="live-control" data-parts="live/{book.name}/page.js">'
        '<span class="btn__text-container">Live</span></button>'
        f'<article class="bd-article"><h1>Live</h1>{cells}</article>',
        encoding="utf-8",
    )
    with serving(root, POLICY) as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium with an empty profile."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=["--disable-gpu"])
        yield browser
        browser.close()


WAITED = """async place => {
  const cell = document.querySelectorAll(".cell")[place];
  const start = performance.now();
  cell.querySelector(".live-tools button").click();
  while (cell.dataset.live !== "ended" || !cell.querySelector("math, .stream")) {
    await new Promise(resolve => requestAnimationFrame(resolve));
  }
  return (performance.now() - start) / 1000;
}"""
"""Runs a cell; the seconds until its result is there."""

LIVE = """async () => {
  const start = performance.now();
  document.querySelector(".live-control").click();
  while (!document.querySelector(".live-tools button")) await new Promise(resolve => requestAnimationFrame(resolve));
  return (performance.now() - start) / 1000;
}"""
"""Makes the page live; the seconds until its cells can be run."""


def visited(context: BrowserContext, site: str) -> tuple[Page, float]:
    """The page, live, and the seconds from the click to its first result."""
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(site)
    seconds = page.evaluate(LIVE) + page.evaluate(WAITED, 0)
    expect(page.locator("math")).to_be_visible()
    return page, float(seconds)


@pytest.mark.benchmark(group="Live cells")
def test_live_cells(benchmark: BenchmarkFixture, browser: Browser, site: str) -> None:
    measured: dict[str, list[float]] = {name: [] for name in (IMPORT, AGAIN, "cold", "warm", "later")}

    def measure() -> None:
        said = subprocess.run([sys.executable, "-c", IN_PYTHON % LATER], capture_output=True, check=True, text=True)
        imported, again = json.loads(said.stdout.splitlines()[-1])
        context = browser.new_context()
        first, cold = visited(context, site)
        first.close()
        page, warm = visited(context, site)
        page.evaluate(WAITED, 1)
        later = page.evaluate(WAITED, 1)
        context.close()
        for name, seconds in zip(measured, (imported, again, cold, warm, later), strict=True):
            measured[name].append(seconds)

    measure()  # fills the caches of the machine, and is forgotten
    for seconds in measured.values():
        seconds.clear()
    benchmark.pedantic(measure, rounds=int(os.environ.get("ROUNDS", "4")))  # type: ignore[no-untyped-call]  # it has no types
    least = {name: min(seconds) for name, seconds in measured.items()}
    benchmark.extra_info["rows"] = [
        {"what": IMPORT, "value": least[IMPORT]},
        _ratio("from the click to the first result, nothing kept", least["cold"], IMPORT, 12),
        _ratio("the same on a second visit", least["warm"], IMPORT, 10),
        {"what": AGAIN, "value": least[AGAIN]},
        _ratio("two proofs run again, on the page", least["later"], AGAIN, 2.5),
    ]
    benchmark.extra_info["said"] = "These are times of the clock: a page works on several processors."


def _ratio(what: str, seconds: float, against: str, goal: float) -> dict[str, object]:
    return {"what": what, "value": seconds, "against": against, "goal": goal, "relative": True}


@pytest.mark.benchmark(group="What a first run of a live cell loads")
def test_bytes(benchmark: BenchmarkFixture) -> None:
    files = [file for file in PARTS.rglob("*") if file.is_file() and file.name != "statements.json"]
    contents = benchmark.pedantic(lambda: [file.read_bytes() for file in files])  # type: ignore[no-untyped-call]  # it has no types
    benchmark.extra_info["rows"] = [
        {"what": "as they are", "value": sum(map(len, contents)), "unit": "B"},
        {"what": "compressed by the server", "value": sum(len(gzip.compress(it)) for it in contents), "unit": "B"},
    ]
