"""The built book in a real browser: `make test-browser`. A test of it is ``tests/browser/test_TOPIC.py``.

What a test asks for:

``visit``
    A function. ``visit("derivation/linear.html")`` opens that page of the built book and returns Playwright's `Page`,
    loaded, its fonts there. The page is watched (`browser.watching`): the test fails at its end if there was an error
    on the console, an error of a script, a failed request, a request to another host, or something that the
    Content-Security-Policy forbids. ``visit(address, phone=True)`` has 390 x 844 pixels and touch, ``dark=True``
    prefers dark, ``still=True`` prefers reduced motion, ``scripts=False`` runs no scripts. Pages of the same kind share
    cache and storage for the whole session; ``fresh=True`` begins with an empty cache and empty storage, for tests
    that change what the browser keeps or measure a first visit. What is opened is closed at the end of the test.

``desktop``, ``phone``, ``dark``
    A page that is open already, light on 1280 x 800, light on a phone, or dark. A test that takes one runs on EVERY
    page of the book; all tests of one page share the one opened, so they look and leave everything as it was. With
    ``@pytest.mark.pages("index.html", "catalogue/attention.html")`` such a test runs on those pages alone.

``site``
    Where the book is served, ``http://127.0.0.1:PORT/book/``: in a subfolder, with the policy, with the right types.

``browser``
    The one Chromium of the session, for what `visit` does not do.

`browser.serving` has ``PAGES``, the addresses of all pages from the root of the book, and ``BOOK``, the folder.

Tests are run by `make test-browser` alone: pytest looks into this folder only when it is named. Each has its own time
to wait for what scripts do (Playwright's ``expect``); none sleeps.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from browser.serving import BOOK, PAGES, header, serving
from browser.watching import opened

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
QUIET = ["--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

Visit = Callable[..., Page]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "pages(*addresses): the pages of the book that a test runs on, instead of all")


def pytest_sessionstart() -> None:
    if not os.access(CHROMIUM, os.X_OK):
        raise pytest.UsageError(
            f"there is no Chromium at {CHROMIUM}: apt-get install chromium, or say where it is in CHROMIUM"
        )
    if not PAGES:
        raise pytest.UsageError("there is no book in build/html: make html")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    chosen = metafunc.definition.get_closest_marker("pages")
    for kind in ("desktop", "phone", "dark"):
        if kind in metafunc.fixturenames:
            metafunc.parametrize(kind, chosen.args if chosen else PAGES, indirect=True, scope="session")


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of the served book."""
    with serving(BOOK, header(BOOK)) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium with an empty profile; it asks nobody for anything of its own."""
    with (
        sync_playwright() as playwright,
        closing(playwright.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False, args=QUIET)) as browser,
    ):
        yield browser


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """A function: the context of a kind of page, one for the whole session, or a fresh one."""
    known: dict[tuple[bool, ...], BrowserContext] = {}
    with ExitStack() as opened:

        def context(*, fresh: bool = False, **kind: bool) -> BrowserContext:
            key = tuple(kind.values())
            if fresh or key not in known:
                made = opened.enter_context(closing(new_context(browser, **kind)))
                if fresh:
                    return made
                known[key] = made
            return known[key]

        yield context


def new_context(browser: Browser, *, phone: bool, dark: bool, still: bool, scripts: bool) -> BrowserContext:
    """An empty cache, an empty storage, and what the reader has and prefers."""
    screen: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}}
    if phone:
        screen = {
            "viewport": {"width": 390, "height": 844},
            "device_scale_factor": 2,
            "has_touch": True,
            "is_mobile": True,
        }
    return browser.new_context(
        **screen,
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce" if still else "no-preference",
        java_script_enabled=scripts,
    )


@pytest.fixture
def visit(site: str, contexts: Callable[..., BrowserContext]) -> Iterator[Visit]:
    """A function that opens a page of the book, watched."""
    with ExitStack() as pages:

        def open_page(
            address: str = "index.html",
            *,
            phone: bool = False,
            dark: bool = False,
            still: bool = False,
            scripts: bool = True,
            fresh: bool = False,
        ) -> Page:
            context = contexts(phone=phone, dark=dark, still=still, scripts=scripts, fresh=fresh)
            return pages.enter_context(opened(context, site + address))

        yield open_page


def _opened_once(request: pytest.FixtureRequest, **kind: bool) -> Iterator[Page]:
    contexts, site = request.getfixturevalue("contexts"), request.getfixturevalue("site")
    context = contexts(**{"phone": False, "dark": False, "still": False, "scripts": True, **kind})
    with opened(context, site + request.param) as page:
        yield page


@pytest.fixture(scope="session")
def desktop(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Each page of the book in turn, light, 1280 pixels wide."""
    yield from _opened_once(request)


@pytest.fixture(scope="session")
def phone(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Each page of the book in turn, light, 390 pixels wide."""
    yield from _opened_once(request, phone=True)


@pytest.fixture(scope="session")
def dark(request: pytest.FixtureRequest) -> Iterator[Page]:
    """Each page of the book in turn, for a reader who prefers dark."""
    yield from _opened_once(request, dark=True)
