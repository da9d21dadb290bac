"""Which typed text asserts something: the one place that decides what may be typed by hand.

Mathematics typed by hand may *name* a thing and may not *assert* one, for nobody proved it. It asserts when it relates
two things: equality, order, proportion, equivalence, implication, as a character or as its TeX command. It names
when it has no such sign: arrows of a map (``\\to``, ``\\mapsto``), membership (``\\in``, which says where a thing
lives) and operations pass.

Four kinds of text are told apart, and each function returns the sign it found, or ``None``:

- `in_tex`: ``$...$``, ``$$...$$``, the ``math`` role and directive, amsmath environments. Every sign counts. So do the
  commands that print a sign without naming it (``\\char``) and those that define one (``\\def``).
- `in_prose`: running text, headings, cells of tables, captions, alternative texts. Every sign counts, ``<`` and ``>``
  where they stand between spaces. Numbers are said in words ("3 classes"), shapes as "3 x 2 x 3".
- `in_code`: code in a line, and listings that no cell executes. Code has ``=`` of its own (``evaluate=False``), so a
  sign counts beside a mark of mathematics (``dL/dW``, ``∂``, ``.T``, ``\\frac``) or where an expression with an
  operator is assigned or compared (``S = W @ X``).
- `in_html`: raw HTML, read as prose without its tags.

What is beyond this: a claim in words ("the gradient is the product of the two"), in a picture, or in a string that a
cell prints.
"""

import ast
import html
import re

SIGNS = "=＝<>≤≥≦≧⩽⩾≪≫≺≻≼≽≈≅≃≂≊∼∽≡≢≠∝≐≑≔≕≗≙≜≝≟⊂⊃⊆⊇⊢⊨⇒⇐⇔⟹⟸⟺∴∵"

NAMES = """
approx approxeq asymp backsim because bumpeq coloneq coloneqq Coloneqq colonapprox cong Doteq doteq doteqdot eqcirc
eqcolon eqqcolon eqsim equiv fallingdotseq ge geq geqq geqslant gg ggg gt gtrapprox gtrless gtrsim iff implies
impliedby le Leftarrow Leftrightarrow leq leqq leqslant lessapprox lessgtr lesssim ll lll Longleftarrow
Longleftrightarrow Longrightarrow lt models ne neq ngeq ngtr nleq nless not prec preccurlyeq preceq propto Relbar
Rightarrow risingdotseq sim simeq subset subseteq succ succcurlyeq succeq supset supseteq therefore thickapprox thicksim
triangleq varpropto vDash vdash
"""
"""TeX's names of the signs above."""

DISGUISES = "char def DeclareMathOperator edef gdef let newcommand renewcommand symbol unicode xdef"
"""TeX's ways of printing or defining a sign under another name."""

COMMANDS = frozenset(f"{NAMES} {DISGUISES}".split())

MATHEMATICS = re.compile(r"\bd\^?\d?[A-Za-z]*\s*/\s*d[A-Za-z]|[∂∇∑Σ∏√ᵀ⊤]|\^T\b|\.T\b|\\[A-Za-z]+|[₀-₉⁰²³]")
"""Marks by which a piece of code is seen to be mathematics."""

PROSE = re.compile(rf"[{SIGNS.replace('<', '').replace('>', '')}]|(?<!\S)[<>](?!\S)")


def in_tex(tex: str) -> str | None:
    r"""The first sign in typed TeX.

    >>> in_tex(r"\partial L / \partial W"), in_tex(r"X \in \mathbb{R}^{D \times N}"), in_tex(r"f : A \to B")
    (None, None, None)
    >>> in_tex("S = W X"), in_tex(r"p \le 1"), in_tex("N ∝ C"), in_tex(r"a \not b"), in_tex(r"S \char61 W")
    ('=', '\\le', '∝', '\\not', '\\char')
    """
    for token in re.findall(r"\\[A-Za-z]+|\\.|[^\\]", tex, re.DOTALL):
        if token in SIGNS or token[1:] in COMMANDS:
            return str(token)
    return None


def in_prose(text: str) -> str | None:
    """The first sign in running text.

    >>> in_prose("from hidden -> output, at 3 x 2 x 3"), in_prose("the gradient p − y")
    (None, None)
    >>> in_prose("dL/dW = G Xᵀ"), in_prose("each p ≤ 1"), in_prose("where a < b")
    ('=', '≤', '<')
    """
    found = PROSE.search(text)
    return found[0] if found else None


def in_code(code: str) -> str | None:
    """The first sign in a listing that no cell executes, where it is seen to be mathematics.

    >>> in_code("evaluate=False"), in_code('mode = "cache"'), in_code("labels >= 0"), in_code("prove(equation)")
    (None, None, None, None)
    >>> in_code("dL/dW = G X^T"), in_code("S = W @ X"), in_code("softmax(s + c) == softmax(s)")
    ('=', '=', '=')
    """
    return next((sign for line in code.splitlines() if (sign := _in_line_of_code(line))), None)


def _in_line_of_code(line: str) -> str | None:
    sign = in_tex(re.sub(r"<?-+>|<-+", " ", line))  # arrows map, they do not compare
    if sign is None or not (MATHEMATICS.search(line) or sign not in "=<>" or _relates_an_operation(line)):
        return None
    return sign


def _relates_an_operation(line: str) -> bool:
    """Whether a line is Python that assigns or compares an expression with an operator in it."""
    try:
        statement = ast.parse(line.strip()).body[:1]
    except SyntaxError:
        return False
    match statement:
        case [ast.Assign() | ast.AnnAssign() | ast.AugAssign() | ast.Expr(value=ast.Compare())]:
            return any(isinstance(part, ast.BinOp) for part in ast.walk(statement[0]))
    return False


def in_html(source: str) -> str | None:
    """The first sign that raw HTML shows.

    >>> in_html('<a href="x?y=1">a page</a>'), in_html("<b>S</b> = <i>W X</i>"), in_html("<mi>p</mi><mo>&le;</mo>")
    (None, '=', '≤')
    """
    shown = re.sub(r"<!--.*?-->|<(script|style)\b.*?</\1>|<[^>]*>", " ", source, flags=re.DOTALL | re.IGNORECASE)
    return in_prose(html.unescape(shown)) or next(
        (sign for formula in re.findall(r"\\\((.*?)\\\)|\\\[(.*?)\\\]|\$\$?(.*?)\$", shown, re.DOTALL)
         if (sign := in_tex("".join(formula)))),
        None,
    )  # fmt: skip
