"""The built book on a port of this machine, in a subfolder, as a careful host would serve it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from lossgrad.book.pages import HEADERS

BOOK = Path(__file__).parents[2] / "build" / "html"
PAGES = sorted(file.relative_to(BOOK).as_posix() for file in BOOK.rglob("*.html") if "_static" not in file.parts)

FOLDER = "/book/"
"""Where the book is on the server: not in its root, so that an address from the root finds nothing."""


class Careful(SimpleHTTPRequestHandler):
    """Serves files with their types and with a Content-Security-Policy, if one is given."""

    protocol_version = "HTTP/1.1"
    extensions_map = {  # noqa: RUF012  # as the base class has it
        **SimpleHTTPRequestHandler.extensions_map,
        ".html": "text/html; charset=utf-8",
        ".ipynb": "application/x-ipynb+json",
        ".js": "text/javascript; charset=utf-8",
        ".mjs": "text/javascript; charset=utf-8",
        ".wasm": "application/wasm",
        ".woff2": "font/woff2",
    }

    def __init__(self, *args: object, policy: str, **kwargs: object) -> None:
        self.policy = policy
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # passed on as they came

    def translate_path(self, path: str) -> str:
        inside = path.removeprefix(FOLDER) if path.startswith(FOLDER) else "nothing-is-outside"
        return super().translate_path(f"/{inside}")

    def end_headers(self) -> None:
        if self.policy:
            self.send_header("Content-Security-Policy", self.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the tests look at what the browser got."""


class Server(ThreadingHTTPServer):
    """A thread a connection; none is waited for at the end, for browsers keep them open."""

    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a reader who left before all had arrived; raise what is no such thing."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]  # passed on as it came


def header(book: Path) -> str:
    """The Content-Security-Policy that a built book asks its host to send."""
    found = re.search(r"^  Content-Security-Policy: (.+)$", (book / HEADERS).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None, f"{HEADERS} names no policy"
    return found[1]


@contextmanager
def serving(root: Path, policy: str) -> Iterator[str]:
    """The address of a folder while it is served on 127.0.0.1, on a free port, in the subfolder ``/book/``."""
    with Server(("127.0.0.1", 0), partial(Careful, directory=str(root), policy=policy)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}{FOLDER}"
        server.shutdown()
