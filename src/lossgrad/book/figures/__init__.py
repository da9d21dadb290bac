"""Figures that answer the reader: scripts of the site draw them, from what the build reads off theorems.

    ```{figure-meeting}
    What the figure shows, as its caption.
    ```

and so ``{figure-scores}`` and ``{figure-flip}``.

``figure-meeting`` lets the reader choose an entry of a gradient and shows which row and column meet in it;
``figure-scores`` lets the reader move the scores of one example and shows probabilities, loss and gradient;
``figure-flip`` lets the reader choose an entry of a convolution or of its gradients and shows which taps meet what.

Each is a module of JavaScript in the folder ``scripts``, and one script on the site, loaded only by the pages that show
the figure. Its functions that draw know no page, so the build draws the first state with them, and a page says the same
where no script runs. Formulas are typeset here and not on the page.
"""

from sphinx.application import Sphinx

from lossgrad.book.figures import drawing, flip, meeting, scores


def setup(app: Sphinx) -> None:
    """Register the node, the scripts, and the directives."""
    drawing.setup(app)
    flip.setup(app)
    meeting.setup(app)
    scores.setup(app)
