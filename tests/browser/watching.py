"""A page that is watched: whatever goes wrong on it, and whatever it asks of somebody else, is noted."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

LOCAL = {"blob", "data"}
"""What is made on the page itself, and asked of nobody."""


class Watch:
    """Notes what goes wrong on a page: ``faults``, a line each.

    An error on the console (a violation of the Content-Security-Policy is one), an error of a script, a request that
    fails, and a request to another host than the page's own.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.faults: list[str] = []
        self.host = urlsplit(address).netloc
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.faults.append(f"a script raised {error}"))
        page.on("request", self._see_request)
        page.on("requestfailed", lambda request: self.faults.append(f"{request.url} failed: {request.failure}"))
        page.on("response", self._see_response)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.faults.append(f"on the console: {message.text} ({message.location['url']})")

    def _see_request(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.netloc != self.host and asked.scheme not in LOCAL:
            self.faults.append(f"{request.url} was requested, which is not on {self.host or 'this disk'}")

    def _see_response(self, response: Response) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.url} answered {response.status}")


@contextmanager
def opened(context: BrowserContext, address: str) -> Iterator[Page]:
    """A page while it is open and watched; raises at its end what went wrong on it."""
    page = context.new_page()
    watch = Watch(page, address)
    with closing(page):
        page.goto(address, wait_until="load")
        page.evaluate("() => document.fonts.ready.then(() => true)")
        yield page
    assert not watch.faults, "\n".join([f"on {address}:", *watch.faults])
