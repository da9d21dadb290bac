"""When a page is written again though its own file is as it was: what it gathers from elsewhere has changed.

A page with a theorem tells what other pages and the tests know of it; the ledger, the totals, the graph and the list of
what can be taken along gather from the whole book.
"""

import inspect
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from lossgrad import library
from lossgrad.book import execution, take_along
from lossgrad.book.behind import behind_all, look_again
from lossgrad.book.domain import StatementDomain
from lossgrad.book.ledger import KINDS
from lossgrad.proofs import Malformed, NotProved


def setup(app: Sphinx) -> None:
    """Say which pages have to be written again."""
    app.connect("env-get-updated", pages_with_news)


def pages_with_news(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """The pages that show a theorem of which something else is known than when they were last written, or gather."""
    look_again(env)
    domain = StatementDomain.of(env)
    state = _state(app, env)
    if domain.behind.get("") == state:
        return []
    try:
        known = behind_all(env)
    except (library.NoStatement, library.Unlisted, Malformed, NotProved):  # the gate says what and where
        return []
    now = {"": state, **dict.fromkeys(domain.gathering, state)}
    for page, shown in domain.shown.items():
        told = [known[each.name] for each in shown if each.kind == "theorem" and each.name in known]
        now[page] = sha256(repr((told, now.get(page))).encode()).hexdigest()
    before = domain.behind
    domain.data["behind"] = now
    return sorted(page for page in now if page and now[page] != before.get(page))


def _state(app: Sphinx, env: BuildEnvironment) -> str:
    """A hash of all that is told of a page elsewhere."""
    domain = StatementDomain.of(env)
    kept = [Path(env.config.lossgrad_evidence, f"{kind}.json") for kind in KINDS]
    files = [file.read_bytes() for file in kept if file.is_file()]
    homes = [(page, shown.kind, shown.name) for page, shown in domain.homes()]
    printed = sorted((page, sorted(counted.items())) for page, counted in domain.printed.items())
    package = Path(str(inspect.getfile(__import__(env.config.lossgrad_package)))).parent
    states = [execution.state(package), execution.state(without=frozenset({"__pycache__"}))]
    titles = sorted((page, title.astext()) for page, title in env.titles.items())
    counted = (titles, printed, take_along.present(app))
    return sha256(repr((files, homes, states, counted)).encode()).hexdigest()
