"""What is published: nothing stray, and pages that say what they are and what they may do."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from browser.serving import BOOK, PAGES, header, serving

NU = Path(__file__).parents[2] / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
META = re.compile(r'<meta http-equiv="Content-Security-Policy" content="([^"]+)">')


def text(page: str) -> str:
    return (BOOK / page).read_text(encoding="utf-8")


def test_nothing_of_the_build_is_published() -> None:
    published = {path.relative_to(BOOK) for path in BOOK.rglob("*")}
    assert {path for path in published if {".doctrees", "jupyter_execute"} & set(path.parts)} == set()
    assert {path for path in published if path.suffix in {".doctree", ".pickle", ".map"}} == set()


def test_every_page_has_a_title_a_description_and_a_language() -> None:
    for page in PAGES:
        assert re.search(r"<title>[^<]+</title>", text(page)), page
        assert re.search(r'<meta name="description" content="[^"]{20,}">', text(page)), page
        assert re.search(r'<html lang="en"', text(page)), page


def test_no_page_says_that_it_is_elsewhere() -> None:
    assert [page for page in PAGES if 'rel="canonical"' in text(page)] == []


def test_the_policy_allows_nothing_inline_but_by_its_hash() -> None:
    for policy in (header(BOOK), *(META.findall(text(page))[0] for page in PAGES)):
        assert "unsafe-inline" not in policy
        assert "unsafe-eval" not in policy.replace("wasm-unsafe-eval", "")
        assert "http" not in policy
        assert policy.startswith("default-src 'none'")


@pytest.mark.parametrize("page", ["index.html", "appendix/ledger.html"])
def test_a_page_keeps_to_its_policy_on_a_host_that_sends_none(page: str, browser: Browser) -> None:
    with serving(BOOK, "") as site, browser.new_context() as context:
        opened = context.new_page()
        opened.goto(site + page)
        opened.evaluate(
            """() => {
                const script = document.createElement("script");
                script.textContent = "window.ran = true";
                document.body.append(script);
                document.body.setAttribute("style", "opacity: 0.5");
            }"""
        )
        assert opened.evaluate("() => [window.ran, getComputedStyle(document.body).opacity]") == [None, "1"]


def test_the_nu_checker_finds_no_fault() -> None:
    java = shutil.which("java")
    assert java is not None, "the Nu checker needs Java: apt-get install default-jre-headless"
    pages = [str(BOOK / page) for page in PAGES]
    command = [java, "-Xss8m", "-jar", str(NU), "--format", "json", "--exit-zero-always", *pages]
    said = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    found = [message for message in json.loads(said)["messages"] if message["type"] != "info"]
    assert [f"{Path(it['url']).relative_to(BOOK)}:{it.get('lastLine')}: {it['message']}" for it in found] == []
