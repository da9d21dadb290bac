"""How soon the mathematics of the heaviest page is displayed, beside MathJax 4, which Sphinx's themes use by default.

Both pages are made from one source and served by one server on this machine, MathJax and its fonts too. Each round
visits both, one after the other, with nothing in the cache. On the phone the processor is slowed down four times.
"""

from __future__ import annotations

import gzip
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Request, Response, sync_playwright
from pytest_benchmark.fixture import BenchmarkFixture

from benchmarks.typesetting import OURS, ROOT, THEIRS, WAYS
from browser.serving import BOOK, PAGES, serving

ROUNDS = int(os.environ.get("ROUNDS", 3))
NAMED = {OURS: "MathML made at build", THEIRS: "MathJax 4, the default"}
CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
HEAVIEST = max((page for page in PAGES if "/" in page), key=lambda page: (BOOK / page).stat().st_size, default="")
TEXT = {".css", ".html", ".js", ".json", ".mjs", ".svg"}

SHOWN = """window.shown = new Promise((resolve) => document.addEventListener("DOMContentLoaded", async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await window.MathJax?.startup?.promise;
    await document.fonts.ready;
    await frame();
    await frame();
    const at = performance.now();
    let shift = 0;
    new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shift += entry.value;
    }).observe({ type: "layout-shift", buffered: true });
    await frame();
    await frame();
    const formulas = [...document.querySelectorAll("math, mjx-container")].filter(
        (it) => it.checkVisibility() && !it.closest("mjx-assistive-mml"));
    resolve({
        seconds: at / 1000,
        shift,
        nodes: document.querySelectorAll("*").length,
        empty: formulas.filter((it) => it.getBoundingClientRect().height === 0).length,
        formulas: document.querySelectorAll(".math").length,
    });
}));"""


class Visit:
    """A first visit of a page: what it showed, and the bytes that came, text as gzip packs it."""

    def __init__(self, browser: Browser, address: str, phone: bool) -> None:
        screen: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
        if phone:
            screen = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "device_scale_factor": 2}
        with closing(browser.new_context(**screen)) as context:
            page = context.new_page()
            finished: list[Request] = []
            page.on("requestfinished", lambda request: finished.append(request))
            page.add_init_script(SHOWN)
            if phone:
                context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
            page.goto(address, wait_until="commit", timeout=0)
            self.shown: dict[str, float] = page.evaluate("() => window.shown")
            assert self.shown["empty"] == 0, f"{self.shown['empty']} formulas have no height on {address}"
            asked = [request for request in finished if request.url.startswith("http")]
            answers = [answer for request in asked if (answer := request.response()) is not None]
            assert {answer.status for answer in answers} == {200}, f"something is missing on {address}"
            self.bytes = sum(map(packed, answers))


def packed(answer: Response) -> int:
    """The bytes of an answer, of text those that gzip leaves."""
    body = answer.body()
    text = Path(answer.url.partition("?")[0]).suffix in TEXT
    return len(gzip.compress(body, 6)) if text else len(body)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    quiet = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=quiet)) as browser,
    ):
        yield browser


@pytest.fixture(scope="module")
def built() -> dict[str, float]:
    """Both pages, in build/compared-WAY; the least seconds that writing each took."""
    assert HEAVIEST, "there is no book in build/html: make html"
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    for _ in range(2):
        for way in WAYS:
            command = [
                sys.executable,
                str(ROOT / "tests/benchmarks/typesetting.py"),
                way,
                HEAVIEST.removesuffix(".html"),
            ]
            said = subprocess.run([*command, str(folder(way))], check=True, capture_output=True, text=True, cwd=ROOT)
            seconds[way].append(json.loads(said.stdout.splitlines()[-1]))
    return {way: min(found) for way, found in seconds.items()}


@pytest.fixture(scope="module")
def addresses(built: dict[str, float]) -> Iterator[dict[str, str]]:
    with ExitStack() as served:
        yield {way: served.enter_context(serving(folder(way), "")) + HEAVIEST for way in WAYS}


def folder(way: str) -> Path:
    return ROOT / "build" / f"compared-{way}"


def visits(
    benchmark: BenchmarkFixture, browser: Browser, addresses: dict[str, str], phone: bool
) -> dict[str, list[Visit]]:
    """Visit both pages in turn, for some rounds."""
    seen: dict[str, list[Visit]] = {way: [] for way in WAYS}

    def both() -> None:
        for way in WAYS:
            seen[way].append(Visit(browser, addresses[way], phone))

    benchmark.pedantic(both, rounds=ROUNDS)  # type: ignore[no-untyped-call]  # it has no types
    return seen


def rows(seen: dict[str, list[Visit]], where: str, goal: float) -> list[dict[str, Any]]:
    """Time and layout shift of both ways."""
    table = []
    for what, key, unit in (("all mathematics displayed", "seconds", "s"), ("layout shift", "shift", "")):
        named = {way: f"{where}, {what}: {NAMED[way]}" for way in WAYS}
        for way in WAYS:
            row = {"what": named[way], "value": min(visit.shown[key] for visit in seen[way]), "unit": unit}
            if way == OURS and key == "seconds":
                row |= {"against": named[THEIRS], "goal": 1 / goal, "relative": True}
            if way == OURS and key == "shift":
                row |= {"goal": 0.02}
            table.append(row)
    return table


@pytest.mark.benchmark(group="The heaviest page, on a desktop")
def test_desktop(benchmark: BenchmarkFixture, browser: Browser, addresses: dict[str, str]) -> None:
    seen = visits(benchmark, browser, addresses, phone=False)
    versions = {"MathJax": _version("mathjax"), "Temml": _version("temml"), "Chromium": browser.version}
    benchmark.extra_info.update(rows=rows(seen, "Desktop", 4), versions=versions)


@pytest.mark.benchmark(group="The heaviest page, 390 pixels wide, the processor slowed four times")
def test_phone(benchmark: BenchmarkFixture, browser: Browser, addresses: dict[str, str]) -> None:
    benchmark.extra_info.update(rows=rows(visits(benchmark, browser, addresses, phone=True), "Phone", 6))


@pytest.mark.benchmark(group="What the heaviest page is made of")
def test_weight(
    benchmark: BenchmarkFixture, browser: Browser, addresses: dict[str, str], built: dict[str, float]
) -> None:
    seen: dict[str, Visit] = {}

    def both() -> None:
        seen.update({way: Visit(browser, addresses[way], phone=False) for way in WAYS})

    benchmark.pedantic(both, rounds=1)  # type: ignore[no-untyped-call]  # it has no types
    table: list[dict[str, Any]] = []
    for what, unit, values in (
        ("bytes over the wire, text packed by gzip", "B", {way: seen[way].bytes for way in WAYS}),
        ("nodes", "", {way: seen[way].shown["nodes"] for way in WAYS}),
        ("writing the page, processor time", "s", built),
    ):
        for way in WAYS:
            against = f"{what}: {NAMED[THEIRS]}" if way == OURS else ""
            table.append({"what": f"{what}: {NAMED[way]}", "value": values[way], "unit": unit, "against": against})
    formulas = int(seen[OURS].shown["formulas"])
    assert formulas == seen[THEIRS].shown["formulas"]
    said = f"The heaviest page of the book is {HEAVIEST.removesuffix('.html')}, with {formulas:,} formulas."
    benchmark.extra_info.update(rows=table, said=said)


def _version(package: str) -> str:
    return str(json.loads((ROOT / "node_modules" / package / "package.json").read_text(encoding="utf-8"))["version"])
