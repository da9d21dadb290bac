"""False statements that a proof by normal forms could let slip by: each is refused, and its true neighbour is proved.

They stand by what they attack: capture, ranges, names, kinks, integers, domains, labels, derivatives.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from sympy import (
    Abs,
    BlockMatrix,
    Derivative,
    E,
    Eq,
    Heaviside,
    Identity,
    Integer,
    KroneckerDelta,
    MatrixSymbol,
    Max,
    Min,
    OneMatrix,
    Piecewise,
    Rational,
    Sum,
    Trace,
    ZeroMatrix,
    exp,
    floor,
    log,
    sign,
    sqrt,
    symbols,
)
from sympy import hadamard_product as entrywise

from definition import Definitions
from lossgrad import (
    Malformed,
    NotProved,
    activation,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    jacobian,
    labels,
    logsumexp,
    loss,
    one_hot,
    ones,
    parameters,
    prove,
    relu,
    sizes,
    softmax,
)
from lossgrad.expressions import Jacobian

C, D, N, K, T = sizes("C D N K T")
W, V = MatrixSymbol("W", C, D), MatrixSymbol("V", C, D)
X, S, G, A = MatrixSymbol("X", D, N), MatrixSymbol("S", C, N), MatrixSymbol("G", C, N), MatrixSymbol("A", C, C)
Q = MatrixSymbol("Q", 2, N)
w, g = MatrixSymbol("w", K, 1), MatrixSymbol("g", T, 1)
long = MatrixSymbol("x", T + K - 1, 1)
L, M = loss("L"), loss("M")
phi = activation("phi")
y, u = labels("y", N), labels("u", N)
c, i, j, k, m, n, p, q = symbols("c i j k m n p q", integer=True, nonnegative=True)
whole = symbols("whole", integer=True)
x, z, t = parameters("x z t")

Made = Callable[[], tuple[Any, Any]]


def less(a: Any, b: Any, value: Any = 1) -> Any:
    return Piecewise((value, a < b), (0, True))


FALSE: dict[str, Made] = {
    # capture
    "the variable of an entrywise function": lambda: (elementwise(lambda s: t * s, W), elementwise(lambda s: s**2, W)),
    "an index inside an entrywise function": lambda: (
        elementwise(lambda s: Sum(s * W[i, 0], (i, 0, C - 1)), W[i, 0] * X),
        Sum(W[k, 0] ** 2, (k, 0, C - 1)) * X,
    ),
    "a loss inside a loss": lambda: (
        L(elementwise(lambda s: M(s * V), W)),
        L(elementwise(lambda s: M(entrywise(W, V)), W)),
    ),
    "a free index beside its namesake": lambda: (
        Sum(W[i, q], (i, 0, C - 1)) * W[i, q],
        Sum(W[i, q] ** 2, (i, 0, C - 1)),
    ),
    "a sum inside a sum over its namesake": lambda: (
        Sum(Sum(W[i, q], (i, 0, C - 1)) * W[i, q], (i, 0, C - 1)),
        Sum(C * W[i, q] ** 2, (i, 0, C - 1)),
    ),
    "a slope in a sum over its own index": lambda: (
        Derivative(Sum(A[i, i] ** 2, (i, 0, C - 1)), A[i, i]),
        Sum(2 * A[i, i], (i, 0, C - 1)),
    ),
    # ranges
    "a delta out of range": lambda: (Sum(KroneckerDelta(n, p) * W[p, q], (n, 0, N - 1)), W[p, q]),
    "two sums over one delta, left": lambda: (Sum(KroneckerDelta(i, k), (i, 0, C - 1), (k, 0, N - 1)), C),
    "two sums over one delta, right": lambda: (Sum(KroneckerDelta(i, k), (i, 0, C - 1), (k, 0, N - 1)), N),
    "one step too far": lambda: (Sum(KroneckerDelta(i, p) * X[p, q], (i, 0, D)), 2 * X[p, q]),
    "a delta at the end": lambda: (Sum(KroneckerDelta(i, D), (i, 0, D - 1)), Integer(1)),
    "a delta one off": lambda: (Sum(KroneckerDelta(i + 1, p) * X[p, q], (i, 0, D - 1)), X[p, q]),
    "a sum without its first term": lambda: (Sum(X[i, q], (i, 0, D - 1)), Sum(X[i, q], (i, 1, D - 1))),
    "a sum of later entries": lambda: (Sum(X[i, q], (i, 0, D - 1)), Sum(X[i + 1, q], (i, 0, D - 1))),
    "sums over two ranges": lambda: (Sum(A[i, i], (i, 0, C - 1)), Sum(W[i, i], (i, 0, D - 1))),
    "sums over different ranges": lambda: (Sum(W[i, i], (i, 0, C - 1)), Sum(W[i, i], (i, 0, D - 1))),
    "a range that may be empty": lambda: (Sum(S[0, 0], (i, 0, N - 3)), (N - 2) * S[0, 0]),
    "a range from p to q": lambda: (Sum(A[p, q], (i, p, q)), (q - p + 1) * A[p, q]),
    "a range of T - K": lambda: (Sum(S[0, 0], (i, 0, T - K)), (T - K + 1) * S[0, 0]),
    "a triangle for a square": lambda: (
        Sum(Sum(A[i, j], (j, 0, i)), (i, 0, C - 1)),
        Sum(A[i, j], (i, 0, C - 1), (j, 0, C - 1)),
    ),
    "two rows for a row twice": lambda: (Sum(exp(Q[i, n]), (i, 0, 1)), 2 * exp(Q[0, n])),
    "the first of two rows for both": lambda: (Q[c, n], KroneckerDelta(c, 0) * Q[c, n]),
    "a range that ends at half a size": lambda: (Sum(S[0, 0], (i, 0, C / 2)), (C / 2 + 1) * S[0, 0]),
    "a range that ends at a root": lambda: (Sum(S[0, 0], (i, 0, sqrt(C) - 1)), sqrt(C) * S[0, 0]),
    "a range that ends at a parameter": lambda: (Sum(S[0, 0], (i, 0, x**2)), (x**2 + 1) * S[0, 0]),
    "a range that ends at an exponential": lambda: (Sum(S[0, 0], (i, 0, exp(x))), (exp(x) + 1) * S[0, 0]),
    "the modulus of an index below zero": lambda: (Sum(Abs(whole) * S[0, 0], (whole, -1, 1)), 0 * S[0, 0]),
    "an index below zero, cut off at zero": lambda: (
        Sum(Max(whole, 0) * S[0, 0], (whole, -2, 1)),
        Sum(whole * S[0, 0], (whole, -2, 1)),
    ),
    "a delta with a range of its own": lambda: (
        KroneckerDelta(p, k, (0, 0)) * W[p, q] * W[k, q],
        KroneckerDelta(p, k) * W[p, q] * W[k, q],
    ),
    "half an index": lambda: (Sum(KroneckerDelta(i, p / 2) * W[p, q], (i, 0, C - 1)), W[p, q]),
    "twice an index": lambda: (Sum(KroneckerDelta(2 * i, p) * W[p, q], (i, 0, C - 1)), W[p, q]),
    "an index past the taps": lambda: (
        Sum(KroneckerDelta(i + j, K) * w[i, 0], (i, 0, K - 1), (j, 0, K - 1)),
        Sum(w[i, 0], (i, 0, K - 1)),
    ),
    "every place is no product of sums": lambda: (
        Sum(KroneckerDelta(p, i + j) * w[i, 0] * g[j, 0] * long[p, 0], (i, 0, K - 1), (j, 0, T - 1)),
        Sum(w[i, 0], (i, 0, K - 1)) * Sum(g[j, 0], (j, 0, T - 1)) * long[p, 0],
    ),
    "places that overlap": lambda: (
        KroneckerDelta(n * K + k, m * K + j) * S[p, n] * S[p, m] * g[k, 0] * g[j, 0],
        KroneckerDelta(n, m) * KroneckerDelta(k, j) * S[p, n] * S[p, m] * g[k, 0] * g[j, 0],
    ),
    # names
    "an activation named exp": lambda: (activation("exp")(x), exp(x)),
    "an activation named H": lambda: (activation("H")(x) ** 2, activation("H")(x)),
    "an activation named log": lambda: (activation("log")(exp(x)), x),
    "an activation named pi": lambda: (Abs(activation("pi")(x)), activation("pi")(x)),
    "an activation and its derivative": lambda: (activation("f'")(x), activation("f")(x)),
    "two matrices of one name": lambda: (W[p, q] * MatrixSymbol("W", D, C)[q, p], W[p, q] ** 2),
    "two parameters of one name": lambda: (Abs(x) * parameters("x", positive=True), x * parameters("x", positive=True)),
    "a matrix and a parameter of one name": lambda: (parameters("W") * W[0, 0], W[0, 0] ** 2),
    "two sizes of one name": lambda: (
        inner(W, W),
        inner(*[MatrixSymbol("W", symbols("C", integer=True, positive=True, odd=True), D)] * 2),
    ),
    "two losses": lambda: (L(A), M(A)),
    "one loss at two sizes of one name": lambda: (
        L(ones(C)),
        L(ones(symbols("C", integer=True, positive=True, odd=True))),
    ),
    # kinks, and the kinks that are no exception
    "less or more, at an index": lambda: (
        Sum(less(i, p) + less(p, i), (i, 0, C - 1)) * A[p, p],
        C * A[p, p],
    ),
    "less or more, of entries": lambda: (
        Sum(less(i, p, A[p, i]) + less(p, i, A[p, i]), (i, 0, C - 1)),
        Sum(A[p, i], (i, 0, C - 1)),
    ),
    "less for at most": lambda: (
        Sum(less(i, p, A[p, i]), (i, 0, C - 1)),
        Sum(Piecewise((A[p, i], i <= p), (0, True)), (i, 0, C - 1)),
    ),
    "steps of indices": lambda: ((Heaviside(p - q) + Heaviside(q - p)) * A[p, q], A[p, q]),
    "signs of indices": lambda: (Sum(sign(i - p) ** 2 * A[p, i], (i, 0, C - 1)), Sum(A[p, i], (i, 0, C - 1))),
    "signs of labels": lambda: (
        Sum(sign(y[i] - y[n]) ** 2 * S[y[n], i], (i, 0, N - 1)),
        Sum(S[y[n], i], (i, 0, N - 1)),
    ),
    "a kink that is always met, of all pairs": lambda: (
        Sum(sign(S[i, n] - S[j, n]) ** 2, (i, 0, C - 1), (j, 0, C - 1)),
        C**2,
    ),
    "a kink that is always met, at the label": lambda: (
        Sum(Heaviside(S[i, n] - S[y[n], n]) + Heaviside(S[y[n], n] - S[i, n]), (i, 0, C - 1)),
        C * S[0, n] / S[0, n],
    ),
    "a kink that is always met, at most for less": lambda: (
        Sum(less(S[y[n], n], S[i, n], S[i, n]), (i, 0, C - 1)),
        Sum(Piecewise((S[i, n], S[y[n], n] <= S[i, n]), (0, True)), (i, 0, C - 1)),
    ),
    "fewer classes than features": lambda: (Piecewise((x, C < D), (z, True)) * W[0, 0], x * W[0, 0]),
    "more than one class": lambda: (Piecewise((x, C > 1), (z, True)) * W[0, 0], x * W[0, 0]),
    "the larger size": lambda: (Max(C, D) * W[0, 0], C * W[0, 0]),
    "the modulus of a sum": lambda: (Abs(x + z), Abs(x) + Abs(z)),
    "the part above zero of a sum": lambda: (Max(x + z, 0), Max(x, 0) + Max(z, 0)),
    "clipped in the other order": lambda: (Min(Max(x, z), t), Max(Min(x, t), z)),
    "softplus with the wrong tail": lambda: (log(1 + exp(x)), Max(x, 0) + log(1 - exp(-Abs(x)))),
    "the exponential of a delta": lambda: (
        exp(KroneckerDelta(p, q) * x) * A[p, q],
        (1 + KroneckerDelta(p, q) * x) * A[p, q],
    ),
    "the exponential of two deltas": lambda: (
        exp(KroneckerDelta(p, q) + KroneckerDelta(p, k)) * A[p, q] * A[p, k],
        (1 + (E - 1) * (KroneckerDelta(p, q) + KroneckerDelta(p, k))) * A[p, q] * A[p, k],
    ),
    "a loss told by the two cases of an entry": lambda: (
        Sum(
            KroneckerDelta(k, y[n]) * L(S[k, 0] * one_hot(y, C)) * L(S[k, 0] * (OneMatrix(C, N) - one_hot(y, C))),
            (k, 0, C - 1),
        ),
        L(ZeroMatrix(C, N)) * L(S[y[n], 0] * OneMatrix(C, N)),
    ),
    # domains
    "the larger of a negative base's power and 0": lambda: (Max((-2) ** N, 0) * S[p, q], (-2) ** N * S[p, q]),
    "a division by what is always 0": lambda: (1 / (Trace(A) - inner(Identity(C), A)), x),
    "the root of a square": lambda: (sqrt(inner(W, V) ** 2), inner(W, V)),
    "the fourth root of a fourth power": lambda: ((inner(W, V) ** 4) ** Rational(1, 4), inner(W, V)),
    "the cube root of a cube": lambda: ((x**3) ** Rational(1, 3), x),
    "the root of a product": lambda: (sqrt(x * z), sqrt(x) * sqrt(z)),
    "the logarithm of a square": lambda: (log(S[p, q] ** 2), 2 * log(S[p, q])),
    "the logarithm of a product": lambda: (log(x * z), log(x) + log(z)),
    "a power of a square": lambda: ((S[p, q] ** 2) ** (N * Rational(1, 2)), S[p, q] ** N),
    "the root of two sizes": lambda: (sqrt(C * D), sqrt(C) * D),
    # labels
    "a label beyond its classes": lambda: (Sum(KroneckerDelta(i, y[n]) * S[y[n], n], (i, 0, D - 1)), S[y[n], n]),
    "labels of two kinds": lambda: (
        Sum(KroneckerDelta(y[n], i) * KroneckerDelta(u[n], i), (i, 0, C - 1)) * S[y[n], n] * S[u[n], n],
        S[y[n], n] * S[u[n], n],
    ),
    "equal labels at two examples": lambda: (
        Sum(KroneckerDelta(y[n], y[k]) * S[y[n], n], (n, 0, N - 1)),
        S[y[k], k],
    ),
    "other labels": lambda: (one_hot((0, 2), 3), one_hot((0, 1), 3)),
    "labels given for every number of classes": lambda: (ones(C).T * one_hot((0, 2), C), OneMatrix(1, 2)),
    "a label squared": lambda: (y[n] ** 2 * S[y[n], n], y[n] * S[y[n], n]),
    # axes of length 1
    "a row for a column": lambda: (L(ones(C)), L(ones(C).T)),
    "a diagonal of one": lambda: (diag(MatrixSymbol("a", 1, 1)) * ones(N).T, ones(N).T),
    "one class": lambda: (one_hot(y, 1), ZeroMatrix(1, N)),
    # matrices
    "sums of columns for sums of rows": lambda: (diag(ones(C).T * A), diag(A * ones(C))),
    "softmax by rows": lambda: (softmax(A), softmax(A.T).T),
    "softmax shifted by rows": lambda: (softmax(S + MatrixSymbol("b", C, 1) * ones(N).T), softmax(S)),
    "logsumexp for a sum": lambda: (logsumexp(S), ones(C).T * S),
    "a loss of the transpose": lambda: (L(A), L(A.T)),
    "a gradient at the transpose": lambda: (gradient(L(A.T), A), L.gradient(A.T)),
    "a gradient at a symmetric matrix": lambda: (gradient(L(A + A.T), A), 2 * L.gradient(A + A.T)),
    "a symmetric pairing": lambda: (gradient(inner(A, A.T), A), 2 * A),
    "a square": lambda: (gradient(Trace(A * A), A), 2 * A),
    "a Jacobian": lambda: (jacobian(A * MatrixSymbol("v", C, 1), MatrixSymbol("v", C, 1)), A.T),
    "blocks in the other order": lambda: (BlockMatrix([[A, A.T]]), BlockMatrix([[A.T, A]])),
    # derivatives
    "a derivative by a size": lambda: (Derivative(inner(ones(N), ones(N)), N), Integer(0)),
    "a derivative by an index": lambda: (Derivative(W[p, q], p), Integer(0)),
    "a derivative by a label": lambda: (Derivative(Sum(y[n] ** 2 * S[y[n], n], (n, 0, N - 1)), y[k]), Integer(0)),
    "the slope of a floor": lambda: (gradient(inner(elementwise(floor, W), V), W), ZeroMatrix(C, D)),
    "the slope of an inverse": lambda: (gradient(Trace(A**-1), A), ZeroMatrix(C, C)),
    "a second slope of any loss": lambda: (gradient(inner(gradient(L(W), W), V), W), ZeroMatrix(C, D)),
    "a second slope": lambda: (Derivative(x**4, (x, 2)), 4 * x**3),
    "an unspecified slope": lambda: (Derivative(phi(2 * x), x), phi.prime(2 * x)),
}


@pytest.mark.parametrize("name", FALSE)
def test_false_statement_is_refused(name: str) -> None:
    with pytest.raises((NotProved, Malformed)):
        prove(equation(*FALSE[name]()))


BEYOND_DEFINITION = {
    *(name for name in FALSE if name.startswith("a kink that is always met")),
    *(name for name in FALSE if name.startswith("a range that ends at")),  # between whole numbers
    "a delta with a range of its own",
    "a division by what is always 0",
    "steps of indices",
    "signs of indices",
    "signs of labels",
    "a sum of later entries",  # the last one lies outside the matrix
    "a derivative by a size",
    "a derivative by an index",
    "a derivative by a label",
    "the slope of a floor",
    "the slope of an inverse",
}
ONE_SIDED = {  # where both sides have values they agree, but one side has values where the other has none
    "sums over different ranges",
    "the cube root of a cube",
    "the root of a product",
    "the logarithm of a square",
    "the logarithm of a product",
}


@pytest.mark.parametrize("name", sorted(FALSE.keys() - BEYOND_DEFINITION - ONE_SIDED))
def test_false_statement_is_false_by_definition(name: str) -> None:
    assert Definitions(4).difference(equation(*FALSE[name]())) is not None


TRUE: dict[str, Made] = {
    "two rows, written out": lambda: (Sum(exp(Q[i, n]), (i, 0, 1)), exp(Q[0, n]) + exp(Q[1, n])),
    "an entry of two rows, by cases": lambda: (
        Q[c, n],
        KroneckerDelta(c, 0) * Q[0, n] + KroneckerDelta(c, 1) * Q[1, n],
    ),
    "a delta in range": lambda: (Sum(KroneckerDelta(n, p) * W[p, q], (n, 0, C - 1)), W[p, q]),
    "a namesake that is free": lambda: (
        Sum(W[i, q], (i, 0, C - 1)) * W[i, q],
        Sum(W[k, q] * W[i, q], (k, 0, C - 1)),
    ),
    "a slope beside its own index": lambda: (Derivative(Sum(A[i, i] ** 2, (i, 0, C - 1)), A[i, i]), 2 * A[i, i]),
    "the prime of an activation": lambda: (activation("f").prime(x), activation("f'")(x)),
    "less or not, of entries": lambda: (
        Sum(less(i, p, A[p, i]) + Piecewise((A[p, i], i >= p), (0, True)), (i, 0, C - 1)),
        Sum(A[p, i], (i, 0, C - 1)),
    ),
    "at least one class": lambda: (Piecewise((x, C > 0), (z, True)) * W[0, 0], x * W[0, 0]),
    "softplus": lambda: (log(1 + exp(x)), Max(x, 0) + log(1 + exp(-Abs(x)))),
    "the logarithm of an exponential": lambda: (log(exp(x) ** 2 * exp(z)), 2 * x + z),
    "a gradient at the transpose": lambda: (gradient(L(A.T), A), L.gradient(A.T).T),
    "a gradient at a symmetric matrix": lambda: (
        gradient(L(A + A.T), A),
        L.gradient(A + A.T) + L.gradient(A + A.T).T,
    ),
    "a loss of what a delta leaves": lambda: (
        Sum(KroneckerDelta(k, y[n]) * L(S[k, 0] * one_hot(y, C)), (k, 0, C - 1)),
        L(S[y[n], 0] * one_hot(y, C)),
    ),
    "labels have a class each": lambda: (ones(C).T * one_hot(y, C), OneMatrix(1, N)),
    "a slope above zero": lambda: (
        gradient(inner(elementwise(relu, W), V), W),
        entrywise(V, elementwise(Heaviside, W)),
    ),
}


@pytest.mark.parametrize("name", TRUE)
def test_true_neighbour_is_proved(name: str) -> None:
    assert "every" in prove(equation(*TRUE[name]())).scope


DOMAINS: dict[str, tuple[Made, str]] = {
    "the logarithm's slope": (
        lambda: (gradient(inner(elementwise(log, W), OneMatrix(C, D)), W), elementwise(lambda s: 1 / s, W)),
        "> 0",
    ),
    "the step's slope": (lambda: (gradient(inner(elementwise(Heaviside, W), V), W), ZeroMatrix(C, D)), "Ne("),
    "the sign's slope": (lambda: (gradient(inner(elementwise(sign, W), V), W), ZeroMatrix(C, D)), "Ne("),
    "a quotient": (lambda: (x * (z / x + 1), z + x), ""),
    "the sign of a whole power": (lambda: (sign(x**N) * S[p, q], S[p, q]), "x > 0"),
    "a root": (lambda: (sqrt(x) * (1 + sqrt(x)), sqrt(x) + x), "x >= 0"),
}


@pytest.mark.parametrize("name", DOMAINS)
def test_what_is_taken_for_granted_is_listed(name: str) -> None:
    made, condition = DOMAINS[name]
    assert condition in str(prove(equation(*made())).hypotheses)


def test_an_integer_is_never_given_a_fraction() -> None:
    # (-1)^(2 m) = 1 for whole m alone
    m = symbols("m", integer=True, positive=True)
    stated: Eq = equation(Max(C, m) * x, C * x)
    with pytest.raises(NotProved) as refused:
        prove(stated)
    assert "/" not in str(getattr(refused.value, "counterexample", "")).split(": left")[0].split("x =")[0]


def test_a_jacobian_by_an_expression_is_refused_with_the_expression() -> None:
    v = MatrixSymbol("v", C, 1)
    with pytest.raises(TypeError, match=re.escape("by a MatrixSymbol: got A*v")):
        jacobian(2 * A * v, A * v)


def test_a_derivative_by_an_entry_of_an_expression_is_refused() -> None:
    v = MatrixSymbol("v", C, 1)
    with pytest.raises(Malformed, match="entry of a matrix symbol"):
        prove(equation(Jacobian(2 * A * v, A * v), ZeroMatrix(C, C)))
