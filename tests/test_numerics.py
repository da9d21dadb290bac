"""The NumPy, JAX and PyTorch code that is printed from expressions."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from itertools import product
from random import Random
from typing import Any

import jax
import numpy as np
import pytest
from sympy import (
    Abs,
    BlockMatrix,
    Derivative,
    Eq,
    HadamardPower,
    Heaviside,
    Identity,
    Integer,
    Inverse,
    KroneckerDelta,
    Matrix,
    MatrixSymbol,
    Max,
    Min,
    OneMatrix,
    Piecewise,
    Sum,
    Trace,
    ZeroMatrix,
    cos,
    erf,
    exp,
    log,
    pi,
    sqrt,
    symbols,
    sympify,
    tanh,
)
from sympy import gamma as gamma_function
from sympy import hadamard_product as entrywise
from sympy.matrices.expressions import KroneckerProduct

from lossgrad import (
    ShapeError,
    diag,
    elementwise,
    gradient,
    inner,
    jacobian,
    logsumexp,
    norm_squared,
    one_hot,
    ones,
    relu,
    sigmoid,
    softmax,
    vjp,
)
from lossgrad.counterexamples import Point, evaluate, real
from lossgrad.entries import written_out
from lossgrad.expressions import EntryGradient, Gradient, convolve, correlate, entry, flip, named, padded
from lossgrad.library import definitions, stated, theorems
from lossgrad.notation import C, D, G, L, N, S, T, U, W, X, Y, b, epsilon, lambda_, phi, s, tau, y
from lossgrad.numerics import (
    NoCode,
    central_differences,
    directional_derivative,
    function,
    random_directions,
    source,
)

jax.config.update("jax_enable_x64", True)  # type: ignore[no-untyped-call]

n, k, r = symbols("n k r", integer=True, nonnegative=True)
P = softmax(W * X)
R = one_hot(y, C)
CROSS_ENTROPY = -inner(R, elementwise(log, P)) / N
x, g, gamma = (MatrixSymbol(name, D, 1) for name in ("x", "g", "gamma"))
Z = MatrixSymbol("Z", 3, 4)

SIZES = {C: 3, D: 2, N: 4, T: 5}


def example(parameter: Any, seed: int) -> Any:
    """A value for a parameter: numbers for letters, a known function for an unspecified one."""
    draw = np.random.default_rng([seed, *parameter.name.encode()])
    if parameter.kind == "matrix":
        return draw.uniform(-1, 1, [int(n.subs(SIZES)) for n in parameter.symbol.shape])
    if parameter.kind == "labels":
        return draw.integers(0, SIZES[C], int(parameter.symbol.shape[0].subs(SIZES)))
    if parameter.kind == "number":
        return SIZES[parameter.symbol] if parameter.symbol in SIZES else draw.uniform(0.5, 1.5)
    return {
        "loss": lambda S: (S**3).sum(),
        "loss gradient": lambda S: 3 * S**2,
        "activation": lambda A: A**3,
        "activation slope": lambda A: 3 * A**2,
    }[parameter.kind]


def value(expression: Any, backend: str = "numpy", seed: int = 0) -> Any:
    made = function(expression, backend=backend)
    return np.asarray(made(**{parameter.name: example(parameter, seed) for parameter in made.parameters}))


def by_definition(expression: Any, seed: int = 0) -> Any:
    """The value entry by entry, every sum carried out term by term, as the search for counterexamples evaluates."""
    made = function(expression)
    values: dict[Any, Fraction] = {}
    for parameter in made.parameters:
        given = np.asarray(example(parameter, seed))
        for where in np.ndindex(given.shape):
            values[(parameter.symbol, *where) if where else parameter.symbol] = Fraction(given[where].item())
    point = Point({size: n for size, n in SIZES.items()}, {y: (C,)}, Random(0), values=values)

    def at(scalar: Any) -> float:
        return float(real(evaluate(written_out(scalar), point)))

    if getattr(expression, "shape", None) is None:
        return at(expression)
    rows, columns = (int(sympify(n).subs(SIZES)) for n in expression.shape)
    return np.array([[at(entry(expression, Integer(i), Integer(j))) for j in range(columns)] for i in range(rows)])


MATRICES = {
    "product": W * X,
    "product of three": W * X * X.T,
    "difference": -W * X + S - 2 * U / 3,
    "ones before": OneMatrix(C, C) * S,
    "ones behind": S * OneMatrix(N, N),
    "ones between": W.T * OneMatrix(C, C) * S,
    "outer product of ones": ones(C) * ones(N).T,
    "ones minus": OneMatrix(C, N) - S,
    "row sums": G * ones(N),
    "row sums of a product": W * X * ones(N),
    "a column for every example": W * X + b * ones(N).T,
    "a column for every example alone": b * ones(N).T,
    "columns scaled": S * diag(ones(C).T * Y),
    "rows scaled": diag(b) * S,
    "scaled in the middle": G * diag(ones(C).T * Y) * X.T,
    "a diagonal": diag(s),
    "a diagonal of a row": diag(ones(C).T * S),
    "softmax": softmax(S),
    "softmax of rows": softmax(S.T).T,
    "log softmax": elementwise(log, softmax(S)),
    "logsumexp": logsumexp(S),
    "one-hot": R + ZeroMatrix(C, N),
    "one-hot of known labels": one_hot((0, 2, 1, 1), 3),
    "embedding": W.T * R,
    "scatter": G * R.T,
    "softmax gradient": (P - R) * X.T / N,
    "softmax vjp": entrywise(softmax(S), U - OneMatrix(C, C) * entrywise(softmax(S), U)),
    "jacobian of softmax": diag(softmax(s)) - softmax(s) * softmax(s).T,
    "identity": Identity(D) + W.T * W,
    "power": (W.T * W) ** 3,
    "entrywise power": HadamardPower(S, 3),
    "blocks": BlockMatrix([[W, b]]) * BlockMatrix([[X], [ones(N).T]]),
    "normalised": (x - OneMatrix(D, D) * x / D) / sqrt(norm_squared(x) / D + epsilon),
    "outer of a long column": x * (x.T * g),
    "correlation": correlate(X, MatrixSymbol("w", 1, 2)),
    "convolution": convolve(S, X),
    "padded": padded(flip(S), D, 1),
    "under a name": (named("P", P) - named("R", R)) * X.T - named("P", P) * named("R", R).T * W,
    "its logarithm under a name": elementwise(log, named("P", P)),
    "explicit": Matrix([[lambda_, 1], [tau, lambda_ * tau]]),
    "relu": elementwise(relu, S),
    "step": elementwise(Heaviside, S),
    "clipped": elementwise(lambda t: Max(Min(t, tau), -tau), S),
    "gelu": elementwise(lambda t: t * (1 + erf(t / sqrt(2))) / 2, S),
    "gelu by tanh": elementwise(lambda t: t * (1 + tanh(sqrt(2 / pi) * (t + t**3))) / 2, W * X),
    "silu": elementwise(lambda t: t * sigmoid(t), W * X),
    "softplus": elementwise(lambda t: log(1 + exp(t)), S),
    "logistic written out": elementwise(lambda t: 1 / (1 + exp(-t)), S),
    "log sigmoid": elementwise(lambda t: log(sigmoid(t)) + log(1 - sigmoid(t)), S),
    "constant": elementwise(lambda t: lambda_, S),
    "huber": elementwise(lambda t: Piecewise((t**2 / 2, Abs(t) <= tau), (tau * (Abs(t) - tau / 2), True)), S),
    "focal": elementwise(lambda t: (1 - t) ** 2 * log(t), softmax(S)),
}

SCALARS = {
    "cross-entropy": CROSS_ENTROPY,
    "cross-entropy of known labels": -inner(one_hot((0, 2, 1, 1), 3), elementwise(log, softmax(Z))) / 4,
    "entries of one-hot columns": Sum(R[r, n] * S[r, n], (n, 0, N - 1), (r, 0, C - 1)),
    "a sum over entries of sums": Sum(P[r, n] * (W * X)[r, n], (n, 0, N - 1), (r, 0, C - 1)),
    "ridge": lambda_ / 2 * norm_squared(W),
    "inner product": inner(G, S),
    "sum of all": inner(OneMatrix(C, N), S),
    "inner of columns": inner(OneMatrix(C, C) * S, b * ones(N).T),
    "trace": Trace(W.T * W),
    "negative": -norm_squared(W) - 1,
    "a root": 1 / sqrt(norm_squared(W) + epsilon),
    "loss by labels": -Sum(log(softmax(S)[y[n], n]), (n, 0, N - 1)) / N,
    "log of the quotient": -Sum(log(exp(S[y[n], n]) / Sum(exp(S[r, n]), (r, 0, C - 1))), (n, 0, N - 1)) / N,
    "sum of sums": Sum(W[r, k] * X[k, n] * S[r, n], (k, 0, D - 1), (n, 0, N - 1), (r, 0, C - 1)),
    "a sum inside a sum": Sum(S[r, n] * Sum(W[r, k] * X[k, n], (k, 0, D - 1)), (n, 0, N - 1), (r, 0, C - 1)),
    "a summand without its index": Sum(S[r, 0] + Sum(tau, (k, 0, D - 1)), (r, 0, C - 1), (n, 0, N - 1)),
    "deltas": Sum(KroneckerDelta(r, y[n]) * S[r, n], (n, 0, N - 1), (r, 0, C - 1)),
    "margins": Sum(Max(0, S[r, n] - S[y[n], n] + 1), (n, 0, N - 1), (r, 0, C - 1)) / N,
    "written out": log(exp(S[0, 0]) + exp(S[1, 0]) + exp(S[2, 0])) - log(exp(S[0, 0])),
    "named": named("L_2", norm_squared(S)) + 1 / named("L_2", norm_squared(S)),
    "one entry": exp(S[0, 1]) / (exp(S[0, 1]) + exp(S[1, 1]) + exp(S[2, 1])),
    "of numbers": cos(tau) ** 2 + exp(-tau) / 3,
}


@pytest.mark.parametrize("name", [*MATRICES, *SCALARS])
def test_numpy_code_has_the_value_of_the_definition(name: str) -> None:
    expression = {**MATRICES, **SCALARS}[name]
    np.testing.assert_allclose(value(expression), by_definition(expression), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("name", [*MATRICES, *SCALARS])
def test_jax_code_has_the_value_of_numpy_code(name: str) -> None:
    expression = {**MATRICES, **SCALARS}[name]
    found = value(expression, "jax")
    assert found.shape == value(expression).shape
    np.testing.assert_allclose(found, value(expression), rtol=1e-11, atol=1e-13)


def test_an_inverse_and_a_kronecker_product_are_those_of_numpy() -> None:
    W_, X_ = np.array([[1.0, 2.0], [0.0, 1.0]]), np.array([[3.0, 1.0]])
    assert function(KroneckerProduct(W, g.T), W, g)(W_, X_.T).tolist() == np.kron(W_, X_).tolist()
    assert function(Inverse(W.T * W), W)(W_).tolist() == np.linalg.inv(W_.T @ W_).tolist()


DERIVATIVES = {
    "weights": (gradient(CROSS_ENTROPY, W), (P - R) * X.T / N),
    "data": (gradient(CROSS_ENTROPY, X), W.T * (P - R) / N),
    "ridge": (gradient(lambda_ / 2 * norm_squared(W), W), lambda_ * W),
    "any loss": (gradient(L(W * X), W), L.gradient(W * X) * X.T),
    "softmax": (vjp(U, softmax(S), S), entrywise(softmax(S), U - OneMatrix(C, C) * entrywise(softmax(S), U))),
    "any activation": (vjp(G, elementwise(phi, W * X), W), entrywise(G, elementwise(phi.prime, W * X)) * X.T),
    "jacobian": (jacobian(softmax(s), s), diag(softmax(s)) - softmax(s) * softmax(s).T),
    "one entry": (gradient(CROSS_ENTROPY, W)[0, 1], ((P - R) * X.T / N)[0, 1]),
    "of each example": (
        Sum(gradient(-log(softmax(S)[y[n], n]), S)[1, 2], (n, 0, N - 1)) / N,
        ((softmax(S) - R) / N)[1, 2],
    ),
    "by a number": (Derivative(lambda_**2 * norm_squared(W), lambda_), 2 * lambda_ * norm_squared(W)),
}


@pytest.mark.parametrize("name", DERIVATIVES)
def test_jax_differentiates_what_the_left_side_says(name: str) -> None:
    left, right = DERIVATIVES[name]
    made = function(left, backend="jax")
    slopes = {"phi": lambda A: A**3, "L": lambda S: (S**3).sum()}
    given = {p.name: slopes.get(p.name) or example(p, 1) for p in made.parameters}
    np.testing.assert_allclose(np.asarray(made(**given)), value(right, seed=1), rtol=1e-11, atol=1e-13)


def test_jax_would_see_a_wrong_right_side() -> None:
    left, right = DERIVATIVES["weights"]
    assert not np.allclose(value(left, "jax"), value(-right))


def test_an_entry_that_a_sum_picks_from_a_derivative_has_no_code() -> None:
    with pytest.raises(NoCode, match="the entry of a derivative that a sum or an entrywise function picks"):
        source(Sum(gradient(-log(softmax(S)[y[n], n]), S)[0, n], (n, 0, N - 1)), backend="jax")


def test_numpy_has_no_derivatives() -> None:
    with pytest.raises(NoCode, match="numpy has no derivatives: take the proved right-hand side"):
        function(gradient(CROSS_ENTROPY, W))


def test_scores_of_a_thousand_give_finite_right_values() -> None:
    large = np.array([[1000.0, -1000.0, 0.0], [0.0, 1000.0, 1000.0], [-1000.0, 0.0, 1000.0]])
    true = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.5], [0.0, 0.0, 0.5]])
    labels = np.array([1, 1, 2])
    losses = np.array([1000.0, 0.0, np.log(2)])
    written_out = -Sum(log(exp(S[y[n], n]) / Sum(exp(S[r, n]), (r, 0, C - 1))), (n, 0, N - 1)) / N
    loss_of_scores = -inner(one_hot(y, C), elementwise(log, softmax(S))) / N
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(function(softmax(S))(large), true, rtol=1e-15)
        np.testing.assert_allclose(function(logsumexp(S))(large), [[1000.0, 1000.0, 1000.0 + np.log(2)]], rtol=1e-15)
        for loss in (loss_of_scores, written_out):
            np.testing.assert_allclose(function(loss)(large, labels), losses.mean(), rtol=1e-15)
        found = function((softmax(S) - one_hot(y, C)) / N)(large, labels)
        np.testing.assert_allclose(found, (true - np.eye(3)[:, labels]) / 3, rtol=1e-15)
        for logistic in (sigmoid, lambda t: 1 / (1 + exp(-t))):
            np.testing.assert_allclose(function(elementwise(logistic, S))(large)[0], [1.0, 0.0, 0.5])
        softplus = function(elementwise(lambda t: log(1 + exp(t)), S))(large)
        np.testing.assert_allclose(softplus[0], [1000.0, 0.0, np.log(2)])
        log_logistic = function(elementwise(lambda t: log(sigmoid(t)), S))(large)
        np.testing.assert_allclose(log_logistic[0], [0.0, -1000.0, -np.log(2)])


def test_single_precision_stays_single() -> None:
    W_, X_ = np.ones((3, 2), np.float32), np.ones((2, 4), np.float32)
    assert function((P - R) * X.T / N + lambda_ * W)(W_, X_, [0, 1, 2, 0], 0.5).dtype == np.float32


def test_the_source_is_readable_and_has_no_loop() -> None:
    made = function((P - R) * X.T / N + lambda_ * W, W, X, y, lambda_, name="weight_gradient")
    assert str(made).splitlines()[-5:] == [
        "def weight_gradient(W, X, y, lambda_):",
        "    C = W.shape[0]",
        "    N = X.shape[1]",
        "    dtype = np.result_type(W, X)",
        "    return lambda_ * W + (softmax(W @ X) - one_hot(y, C, dtype)) @ X.T / N",
    ]
    for expression in [*MATRICES.values(), *SCALARS.values()]:
        assert " for " not in source(expression)


def test_what_occurs_twice_is_computed_once() -> None:
    assert source(entrywise(softmax(W * X), U - OneMatrix(C, C) * entrywise(softmax(W * X), U))).count("@") == 1


WRONG_SHAPES: dict[str, dict[str, Any]] = {
    "W of shape (3, 2) and X of shape (5, 4) must agree on D: got 2 and 5": {"X": np.ones((5, 4))},
    "X of shape (2, 4) and y of shape (3,) must agree on N: got 4 and 3": {"y": [0, 1, 2]},
    "W must have the shape (C, D): got the shape (3,)": {"W": [1.0, 2.0, 3.0]},
    "y must have the shape (N,): got the shape (4, 1)": {"y": [[0], [1], [2], [0]]},
    "X of shape (2, 0) is empty: sizes are positive": {"X": np.ones((2, 0)), "y": np.ones(0, int)},
}


@pytest.mark.parametrize("message", WRONG_SHAPES)
def test_shapes_that_disagree_are_both_named(message: str) -> None:
    given: dict[str, Any] = {"W": np.ones((3, 2)), "X": np.ones((2, 4)), "y": [0, 1, 2, 0], **WRONG_SHAPES[message]}
    with pytest.raises(ShapeError) as raised:
        function((P - R) * X.T / N)(**given)
    assert str(raised.value) == message


def test_a_known_size_is_held_against_the_array() -> None:
    with pytest.raises(ShapeError, match=r"A of shape \(3, 3\) must have 2 where it has 3"):
        function(norm_squared(MatrixSymbol("A", 3, 2)))(np.ones((3, 3)))


WRONG_VALUES = [
    (ValueError, "labels y are integers in 0..C-1 with C = 3: got 3 at position 2", {"y": [0, 1, 3, 0]}),
    (ValueError, "labels y are integers in 0..C-1 with C = 3: got -1 at position 0", {"y": [-1, 1, 2, 0]}),
    (TypeError, "labels y are integers: got an array of float64", {"y": [0.0, 1.0, 2.0, 0.0]}),
    (TypeError, "W must be an array of numbers: got an array of <U1", {"W": [["a", "b"]]}),
    (TypeError, "lambda_ must be a number: got [1.0, 2.0]", {"lambda_": [1.0, 2.0]}),
    (TypeError, "function(W, X, y, lambda_) was called with W, X, y, lambda_, Z", {"Z": 1}),
]


@pytest.mark.parametrize(("kind", "message", "wrong"), WRONG_VALUES)
def test_values_that_cannot_be_are_named(kind: type[Exception], message: str, wrong: dict[str, Any]) -> None:
    given = {"W": np.ones((3, 2)), "X": np.ones((2, 4)), "y": [0, 1, 2, 0], "lambda_": 1, **wrong}
    with pytest.raises(kind) as raised:
        function((P - R) * X.T / N + lambda_ * W)(**given)
    assert str(raised.value) == message


def test_labels_that_pick_entries_are_checked_too() -> None:
    with pytest.raises(ValueError, match=r"with C = 2: got 2 at position 0"):
        function(Sum(S[y[n], n], (n, 0, N - 1)))(np.ones((2, 1)), [2])


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(TypeError, match=r"one side of an equation, \.rhs or \.lhs: got the equation"):
        function(Eq(W, 2 * W, evaluate=False))
    with pytest.raises(TypeError, match="made of a SymPy expression: got 3, of type int"):
        function(3)
    with pytest.raises(ValueError, match="the backend is one of numpy, jax, torch: got 'fortran'"):
        function(W * X, backend="fortran")
    with pytest.raises(ValueError, match="the expression also depends on X: got the arguments W"):
        function(W * X, W)
    with pytest.raises(ValueError, match="no argument has a shape that tells N; give it as an argument: got b"):
        function(b * ones(N).T, b)
    with pytest.raises(NoCode, match="no numpy code for gamma"):
        function(gamma_function(tau))


def test_the_size_that_no_array_tells_can_be_given() -> None:
    assert function(b * ones(N).T, b, N)([[1.0], [2.0]], 3).tolist() == [[1.0] * 3, [2.0] * 3]


def test_a_size_is_read_off_a_sum_or_a_product_of_sizes() -> None:
    data, taps = MatrixSymbol("x", T + D - 1, 1), MatrixSymbol("g", T, 1)
    lines = source(taps.T * ones(T) * ones(D).T, taps, data).splitlines()
    assert lines[-3:-1] == ["    T = g.shape[0]", "    D = x.shape[0] - T + 1"]
    wide = MatrixSymbol("Z", C, N * T)
    assert source(wide * ones(N * T) * ones(T).T, N, wide).splitlines()[-2] == "    T = Z.shape[1] // N"
    assert function(wide * ones(N * T) * ones(T).T, N, wide)(2, np.ones((3, 8))).shape == (3, 4)


def test_torch_source_spells_what_torch_calls_otherwise() -> None:
    assert source(gradient(L(W * X), W), backend="torch").splitlines()[-1] == (
        "    return torch.func.grad(lambda W: L(W @ X))(W)"
    )
    assert "torch.softmax(W @ X, dim=0) - torch.nn.functional.one_hot(y, C).T.to(dtype)" in source(
        P - R, backend="torch"
    )


def test_central_differences_agree_with_the_gradient_along_and_across() -> None:
    draw = np.random.default_rng(0)
    W_, X_, y_ = draw.normal(size=(3, 2)), draw.normal(size=(2, 4)), draw.integers(0, 3, 4)
    loss, proved = function(CROSS_ENTROPY, W, X, y), function((P - R) * X.T / N, W, X, y)(W_, X_, y_)
    np.testing.assert_allclose(central_differences(lambda W: loss(W, X_, y_), W_), proved, atol=1e-9)
    for V in random_directions((3, 2), 5):
        assert np.isclose(np.sum(V**2), 1)
        assert np.isclose(directional_derivative(lambda W: loss(W, X_, y_), W_, V), np.sum(proved * V), atol=1e-9)
    with pytest.raises(ShapeError, match=r"got \(2, 3\) at a point of shape \(3, 2\)"):
        directional_derivative(np.sum, W_, W_.T)


LARGE = (1000.0, 100.0)
EXPRESSIONS = {
    name: stated(function).rhs
    for name, function in {**theorems(), **definitions()}.items()
    if not stated(function).rhs.has(Gradient, EntryGradient, Derivative)
}

WIDE = {
    "attention.kept_exponentials",
    "regression.gaussian_mean_gradient",
    "regression.gaussian_log_variance_gradient",
    "head.losses_by_sums",
    "head.weight_gradient_without_division",
    "head.data_gradient_without_division",
}
"""Where an exponential stands alone, or is shifted by a number that is given, it may leave the range and meet a 0."""


def at_large_scores(parameter: Any, sizes: dict[Any, int], scale: float, draw: Any) -> Any:
    """A value for a parameter, with scores of plus and minus ``scale``, zeros and what lies between."""
    if parameter.kind == "matrix":
        for size in parameter.symbol.shape:
            for symbol in size.free_symbols:
                sizes.setdefault(symbol, int(draw.integers(2, 4)))
        shape = [int(n.xreplace({s: Integer(v) for s, v in sizes.items()})) for n in parameter.symbol.shape]
        return draw.choice([-1.0, 1.0, 0.0, 0.3, -0.7], size=shape) * scale
    if parameter.kind == "labels":
        (size,) = parameter.symbol.shape
        return draw.integers(0, 2, int(size) if size.is_Integer else sizes.setdefault(size, int(draw.integers(2, 4))))
    if parameter.kind == "number":
        if parameter.symbol.is_integer:
            return sizes.setdefault(parameter.symbol, 3) if parameter.symbol.is_positive else 1
        return draw.choice([1.0, 1.5, 2.0]) if parameter.symbol.is_positive else draw.choice([-1.0, 0.3]) * scale
    return {
        "loss": np.sum,
        "loss gradient": np.ones_like,
        "activation": np.tanh,
        "activation slope": lambda A: 1 - np.tanh(A) ** 2,
    }[parameter.kind]


def in_precision(made: Any, values: dict[str, Any], dtype: Any) -> Any:
    """The function's value, its arrays of floats in a precision; what overflows there is not finite."""
    with np.errstate(all="ignore"):
        given = {
            name: value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value
            for name, value in values.items()
        }
        return np.asarray(made(**given))


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_the_code_of_every_right_side_has_no_loop_and_stands_large_scores(name: str) -> None:
    """Held against 64 bits of mantissa and 15 of exponent, in which the exponential of 10,000 has its value."""
    made = function(EXPRESSIONS[name])
    assert not {"for", "while"} & set(made.source.split())
    for seed, scale in product(range(4), LARGE):
        draw, sizes = np.random.default_rng([seed, int(scale)]), dict[Any, int]()
        values = {parameter.name: at_large_scores(parameter, sizes, scale, draw) for parameter in made.parameters}
        exact = in_precision(made, values, np.longdouble if "erf(" not in made.source else np.float64)
        for dtype, largest, digits in ((np.float64, 1e300, 1e-9), (np.float32, 1e36, 1e-3)):
            if name in WIDE or not (np.isfinite(exact) & (np.abs(exact) < largest)).all():
                continue
            found = in_precision(made, values, dtype)
            wide = max([1.0, *(float(np.abs(value).max()) for value in values.values() if not callable(value))]) ** 3
            allowed = digits * max(1.0, float(np.abs(exact).max())) + float(np.finfo(dtype).eps) * wide
            assert (np.abs(found.astype(np.longdouble) - exact) <= allowed).all(), (made.source, values)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_matrices_in_float32_give_float32(name: str) -> None:
    made = function(EXPRESSIONS[name])
    draw, sizes = np.random.default_rng(0), dict[Any, int]()
    values = {parameter.name: at_large_scores(parameter, sizes, 1.0, draw) for parameter in made.parameters}
    if any(parameter.kind == "matrix" for parameter in made.parameters) and "np.where" not in made.source:
        assert in_precision(made, values, np.float32).dtype == np.float32, made.source


def test_the_package_is_imported_without_numpy() -> None:
    command = "import sys, lossgrad, lossgrad.numerics; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == 0


def test_arguments_on_which_the_value_does_not_depend_are_taken_and_left() -> None:
    made = function(norm_squared(W), W, X, y, lambda_)
    assert [parameter.kind for parameter in made.parameters] == ["matrix", "matrix", "labels", "number"]
    assert made([[1.0, 2.0]], [[0.0]] * 2, [0], 3.0) == 5


@pytest.mark.parametrize(
    ("expression", "backend", "message"),
    [
        (Sum(Sum(S[r, k], (r, 0, k)), (k, 0, N - 1)), "numpy", "a sum whose limits depend on another index"),
        (
            Sum(EntryGradient(X[0, k] * norm_squared(W), W, sympify(0), k), (k, 0, N - 1)),
            "jax",
            "the entry of a derivative",
        ),
        (Derivative(lambda_**3, (lambda_, 2)), "jax", "no code for the repeated derivative"),
    ],
)
def test_what_arrays_cannot_do_is_refused_by_name(expression: Any, backend: str, message: str) -> None:
    with pytest.raises(NoCode, match=message):
        source(expression, backend=backend)


def test_arguments_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="an argument is a matrix, labels, a number or an unspecified function: got 3"):
        function(norm_squared(W), W, sympify(3))
    with pytest.raises(TypeError, match=r"L must be a function of arrays: got 3"):
        function(L(W))([[1.0]], 3)
    with pytest.raises(TypeError, match=r"n must be an integer: got 2\.5"):
        function(lambda_ ** symbols("n", integer=True))(lambda_=2.0, n=2.5)
