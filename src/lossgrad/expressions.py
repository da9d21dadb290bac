"""The matrix expressions of the book that SymPy lacks.

Convention: a column is an example. ``W`` is C x D, ``X`` is D x N, scores ``S = W X`` are C x N.
Every object knows its shape, its entries (``A[i, j]``, an index expression) and its LaTeX.
Everything is real; sizes are positive integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from sympy import (
    Add,
    Basic,
    BlockMatrix,
    Dummy,
    Eq,
    Expr,
    Function,
    HadamardProduct,
    Identity,
    IndexedBase,
    Integer,
    KroneckerDelta,
    Lambda,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Mul,
    OneMatrix,
    Sum,
    Symbol,
    Transpose,
    ZeroMatrix,
    block_collapse,
    exp,
    log,
    symbols,
    sympify,
)
from sympy.core.function import FunctionClass
from sympy.core.symbol import Str
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.matrixbase import MatrixBase
from sympy.printing.latex import greek_letters_set

__all__ = [
    "Definition",
    "Gradient",
    "Inner",
    "Jacobian",
    "LossGradient",
    "LossValue",
    "ShapeError",
    "activation",
    "convolve",
    "correlate",
    "diag",
    "elementwise",
    "flip",
    "gradient",
    "inner",
    "jacobian",
    "labels",
    "logsumexp",
    "loss",
    "named",
    "norm_squared",
    "one_hot",
    "ones",
    "padded",
    "parameters",
    "relu",
    "sigmoid",
    "sizes",
    "softmax",
    "vjp",
]


class ShapeError(ValueError):
    """Two shapes that had to agree do not; the message names both."""


def sizes(names: str) -> Any:
    """Sizes such as ``C, D, N = sizes("C D N")``: positive integers."""
    return symbols(names, integer=True, positive=True)


def parameters(names: str, **assumptions: bool) -> Any:
    """Real parameters such as ``epsilon = parameters("epsilon", positive=True)``."""
    return symbols(names, **(assumptions or {"real": True}))


def labels(name: str, n: Any) -> IndexedBase:
    """Labels ``y`` of ``n`` examples: ``y[k]`` is the class of example ``k``, an integer."""
    return IndexedBase(Symbol(name, integer=True, nonnegative=True), shape=(n,))


@dataclass(frozen=True)
class Definition:
    """What a name stands for: printed ``lhs := rhs``, nothing to prove."""

    lhs: Any
    rhs: Any

    def _repr_latex_(self) -> str:
        from lossgrad.printing import latex

        return f"$\\displaystyle {latex(self)}$"


def ones(n: Any) -> OneMatrix:
    """The column of ``n`` ones, of shape (n, 1)."""
    return OneMatrix(n, 1)


def _matrix(value: Any, role: str) -> Any:
    if isinstance(value, MatrixBase):
        return value.as_immutable()
    if not isinstance(value, MatrixExpr):
        raise TypeError(f"{role} must be a matrix expression: got {value!r}")
    return value


def _scalar(value: Any, role: str) -> Expr:
    value = sympify(value)
    if getattr(value, "is_Matrix", False) or not isinstance(value, Expr):
        shape = getattr(value, "shape", None)
        raise ShapeError(f"{role} must be a scalar: got {value} of shape {shape}")
    return value


def _same_shape(left: Any, right: Any, roles: str) -> None:
    if tuple(left.shape) != tuple(right.shape):
        raise ShapeError(f"{roles} must have one shape: got {left.shape} and {right.shape}")


def _index(name: str, low: Any = 0) -> Dummy:
    return Dummy(name, **range_from(low))


def range_from(low: Any) -> dict[str, bool]:
    """What may be assumed of an index that starts at ``low``: SymPy takes |i| for i when it is told that i >= 0."""
    return {"integer": True, "nonnegative": True} if sympify(low).is_nonnegative else {"integer": True}


def _sum(term: Callable[..., Any], *ranges: tuple[str, Any]) -> Expr:
    """The sum of ``term(i, ...)`` over indices ``i`` from 0 to n - 1, for each (name, n)."""
    indices = [Integer(0) if size == 1 else _index(name) for name, size in ranges]
    limits = [(index, 0, size - 1) for index, (_, size) in zip(indices, ranges, strict=True) if size != 1]
    return Sum(term(*indices), *limits) if limits else term(*indices)


def renamed_bounds(e: Any) -> Any:
    """The expression with a fresh index for each sum, so that nothing put into it is captured."""
    if not getattr(e, "args", ()) or not isinstance(e, Basic):
        return e
    e = e.func(*(renamed_bounds(arg) for arg in e.args)) if e.has(Sum) else e
    if isinstance(e, Sum):
        return e.xreplace({index: _index(index.name, low) for index, low, _ in e.limits})
    return e


class Scalar(Expr):
    """A scalar made of matrices; ``entries()`` writes it out in indices."""

    is_commutative = True
    is_real = True

    def entries(self) -> Expr:
        raise AssertionError(f"{type(self).__name__} must write out its entries")


class Inner(Scalar):
    """<A, B> = sum of A[i, j] B[i, j] = tr(A^T B), for A and B of one shape."""

    def entries(self) -> Expr:
        A, B = self.args

        def term(i: Any, j: Any) -> Expr:  # a square shows that it is not negative
            return entry(A, i, j) ** 2 if A == B else entry(A, i, j) * entry(B, i, j)

        return _sum(term, ("i", A.shape[0]), ("j", A.shape[1]))

    def _latex(self, printer: Any) -> str:
        A, B = self.args
        if A == B:
            return rf"\left\lVert {printer._print(A)} \right\rVert^{{2}}"
        return rf"\left\langle {printer._print(A)},\, {printer._print(B)} \right\rangle"

    def _latex_power(self, printer: Any) -> str:
        return self._latex(printer)


def inner(A: Any, B: Any) -> Inner:
    """The Frobenius inner product <A, B> of two matrices of one shape.

    Raises ShapeError when the shapes differ.
    """
    A, B = _matrix(A, "A"), _matrix(B, "B")
    _same_shape(A, B, "the factors of an inner product")
    return Inner(A, B)


def norm_squared(A: Any) -> Inner:
    """||A||^2 = <A, A>, the sum of the squares of all entries."""
    return inner(A, A)


class Gradient(MatrixExpr):
    """See :func:`gradient`."""

    f = property(lambda self: self.args[0])
    M = property(lambda self: self.args[1])
    shape = property(lambda self: self.M.shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        return EntryGradient(self.f, self.M, i, j)

    def _latex(self, printer: Any) -> str:
        target = printer._print(self.M)
        f = printer._print(self.f)
        if self.f.is_Add or self.f.is_Mul:
            f = rf"\left({f}\right)"
        return rf"\frac{{\partial}}{{\partial {target}}} {f}"


class EntryGradient(Scalar):
    """df/dM[i, j], not yet carried out."""

    f = property(lambda self: self.args[0])
    M = property(lambda self: self.args[1])

    def _latex(self, printer: Any) -> str:
        below = printer._print(MatrixElement(*self.args[1:]))
        if isinstance(self.f, MatrixElement):
            return rf"\frac{{\partial\, {printer._print(self.f)}}}{{\partial {below}}}"
        return rf"\frac{{\partial}}{{\partial {below}}} {printer.parenthesize(self.f, 50)}"


def gradient(f: Any, M: Any) -> Gradient:
    """The gradient of the scalar ``f`` by the matrix ``M``, of M's shape.

    Entry (p, q) is df/dM[p, q]. ``M`` is a MatrixSymbol.

    Raises ShapeError when ``f`` is a matrix, TypeError when ``M`` is no MatrixSymbol.

    >>> from sympy import MatrixSymbol
    >>> W = MatrixSymbol("W", 3, 2)
    >>> gradient(norm_squared(W), W).shape
    (3, 2)
    """
    f = _scalar(f, "the differentiated f")
    if not isinstance(M, MatrixSymbol):
        raise TypeError(f"a gradient is taken by a MatrixSymbol: got {M!r}")
    return Gradient(f, M)


class VectorJacobianProduct(MatrixExpr):
    """See :func:`vjp`."""

    shape = property(lambda self: self.args[2].shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        G, F, M = self.args
        rows, columns = F.shape
        return _sum(lambda r, k: entry(G, r, k) * EntryGradient(entry(F, r, k), M, i, j), ("r", rows), ("k", columns))

    def _latex(self, printer: Any) -> str:
        G, F, M = (printer._print(arg) for arg in self.args)
        if isinstance(self.args[1], (MatAdd, MatMul, HadamardProduct)):
            F = rf"\left({F}\right)"
        return rf"\left\langle {G},\, \frac{{\partial\, {F}}}{{\partial {M}}} \right\rangle"


def vjp(G: Any, F: Any, M: Any) -> VectorJacobianProduct:
    """The vector-Jacobian product: entry (p, q) is the sum over r, k of G[r, k] dF[r, k]/dM[p, q].

    ``G`` (the upstream gradient) and ``F`` have one shape; the result has the shape of ``M``.

    Raises ShapeError when the shapes of ``G`` and ``F`` differ, TypeError when ``M`` is no MatrixSymbol.
    """
    G, F = _matrix(G, "G"), _matrix(F, "F")
    _same_shape(G, F, "the upstream gradient and the function")
    if not isinstance(M, MatrixSymbol):
        raise TypeError(f"a vector-Jacobian product is taken by a MatrixSymbol: got {M!r}")
    return VectorJacobianProduct(G, F, M)


class Jacobian(MatrixExpr):
    """See :func:`jacobian`."""

    shape = property(lambda self: (self.args[0].shape[0], self.args[1].shape[0]))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        F, x = self.args
        return EntryGradient(entry(F, i, Integer(0)), x, j, Integer(0))

    def _latex(self, printer: Any) -> str:
        F, x = (printer._print(arg) for arg in self.args)
        return rf"\frac{{\partial\, {F}}}{{\partial {x}}}"


def jacobian(F: Any, x: Any) -> Jacobian:
    """The Jacobian of a column ``F`` of shape (m, 1) by a column ``x`` of shape (n, 1): entry (r, c) is dF[r]/dx[c].

    Raises ShapeError when one of them is not a column, TypeError when ``x`` is no MatrixSymbol.
    """
    F = _matrix(F, "F")
    if not isinstance(x, MatrixSymbol):
        raise TypeError(f"a Jacobian is taken by a MatrixSymbol: got {x!r}")
    if F.shape[1] != 1 or x.shape[1] != 1:
        raise ShapeError(f"a Jacobian needs columns: got F of shape {F.shape} and x of shape {x.shape}")
    return Jacobian(F, x)


class MatrixEntry(MatrixElement):
    """An entry of a matrix symbol; that the index lies inside is not asked each time anew, which costs SymPy much."""

    def __new__(cls, A: Any, i: Any, j: Any) -> Any:
        return Expr.__new__(cls, A, sympify(i), sympify(j))


def entry(A: Any, i: Any, j: Any) -> Expr:
    """A[i, j] as sums over indices, which are left standing also where sizes are numbers.

    SymPy's own ``A[i, j]`` carries out sums of numeric size with ``doit``, at great cost.
    """
    i, j = sympify(i), sympify(j)
    if isinstance(A, MatMul) and any(isinstance(factor, BlockMatrix) for factor in A.args):
        return _block_entry(A, i, j)
    if isinstance(A, MatMul):
        coefficient, factors = A.as_coeff_matrices()
        return coefficient * _product_entry(factors, i, j)
    if isinstance(A, MatAdd):
        return Add(*(entry(term, i, j) for term in A.args))
    if isinstance(A, Transpose):
        return entry(A.arg, j, i)
    if isinstance(A, HadamardProduct):
        return Mul(*(entry(factor, i, j) for factor in A.args))
    if isinstance(A, Identity):
        return KroneckerDelta(i, j)
    if isinstance(A, (OneMatrix, ZeroMatrix)):
        return Integer(int(isinstance(A, OneMatrix)))
    if isinstance(A, MatrixBase):
        return A[i, j]
    if isinstance(A, MatrixSymbol):
        return MatrixEntry(A, i, j)
    return A._entry(i, j, expand=False)


def _block_entry(A: Any, i: Any, j: Any) -> Expr:
    """Entry (i, j) of a product of block matrices whose blocks add up to one block."""
    collapsed = block_collapse(A)
    if isinstance(collapsed, BlockMatrix) and collapsed.blockshape == (1, 1):
        collapsed = collapsed.blocks[0, 0]
    if isinstance(collapsed, MatMul) and any(isinstance(factor, BlockMatrix) for factor in collapsed.args):
        raise ShapeError(f"blocks that do not fit together: {A}")
    return entry(collapsed, i, j)


def _product_entry(factors: Sequence[Any], i: Any, j: Any) -> Expr:
    """Entry (i, j) of a product of matrices: the sum over all inner indices."""
    inner_sizes = [A.shape[1] for A in factors[:-1]]
    if any(isinstance(A, MatrixBase) for A in factors):
        return _explicit_product_entry(factors, i, j, inner_sizes)
    indices = [Integer(0) if n == 1 else _index(f"i_{k}") for k, n in enumerate(inner_sizes, 1)]
    places = [i, *indices, j]
    term = Mul(*(entry(A, *places[k : k + 2]) for k, A in enumerate(factors)))
    limits = [(index, 0, n - 1) for index, n in zip(indices, inner_sizes, strict=True) if n != 1]
    return Sum(term, *limits) if limits else term


def _explicit_product_entry(factors: Sequence[Any], i: Any, j: Any, inner_sizes: Sequence[Any]) -> Expr:
    """Entry (i, j) of a product with matrices that are written out, as its sum is."""
    ways = product(*(range(int(n)) for n in inner_sizes))
    places = ([i, *(Integer(k) for k in way), j] for way in ways)
    return Add(*(Mul(*(entry(A, *place[k : k + 2]) for k, A in enumerate(factors))) for place in places))


def _exp(e: Any) -> Expr:
    """exp(e), not evaluated: SymPy would ask whether e is a number, a logarithm, a multiple of pi, …"""
    return exp(e, evaluate=False)


class Softmax(MatrixExpr):
    """See :func:`softmax`."""

    shape = property(lambda self: self.args[0].shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        (S,) = self.args
        return _exp(entry(S, i, j)) / _sum(lambda r: _exp(entry(S, r, j)), ("r", S.shape[0]))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{softmax}}\left({printer._print(self.args[0])}\right)"


def softmax(S: Any) -> Softmax:
    """Softmax of each column of ``S``: entry (c, n) is exp(S[c, n]) / sum over r of exp(S[r, n]).

    The result has the shape of ``S``. For the softmax of each row: ``softmax(S.T).T``.
    """
    return Softmax(_matrix(S, "the argument of softmax"))


class LogSumExp(MatrixExpr):
    """See :func:`logsumexp`."""

    shape = property(lambda self: (Integer(1), self.args[0].shape[1]))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        (S,) = self.args
        return log(_sum(lambda r: _exp(entry(S, r, j)), ("r", S.shape[0])), evaluate=False)

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{lse}}\left({printer._print(self.args[0])}\right)"


def logsumexp(S: Any) -> LogSumExp:
    """The row, of shape (1, N), of log(sum over r of exp(S[r, n])), for ``S`` of shape (C, N)."""
    return LogSumExp(_matrix(S, "the argument of logsumexp"))


class OneHot(MatrixExpr):
    """See :func:`one_hot`."""

    y = property(lambda self: self.args[0])

    @property
    def shape(self) -> tuple[Any, Any]:
        y, C = self.args
        return (C, y.shape[0] if isinstance(y, IndexedBase) else Integer(len(y)))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        if isinstance(self.y, IndexedBase):
            return OneHotEntry(*self.args, i, j)
        return KroneckerDelta(i, self.y[int(j)] if sympify(j).is_Integer else KnownLabel(self.y, j))

    def _latex(self, printer: Any) -> str:
        y = printer._print(self.y.label if isinstance(self.y, IndexedBase) else self.y)
        return rf"\operatorname{{onehot}}\left({y}\right)"


class KnownLabel(Scalar):
    """The label at position j of a tuple of labels, j an index."""

    is_integer = True
    is_nonnegative = True
    y = property(lambda self: self.args[0])

    def __new__(cls, y: Any, j: Any) -> Any:
        return y[int(j)] if j.is_Integer else super().__new__(cls, y, j)

    def at(self, j: int) -> Integer:
        return self.y[j]

    def _latex(self, printer: Any) -> str:
        return rf"{printer._print(self.y)}_{{{printer._print(self.args[1])}}}"


class OneHotEntry(Scalar):
    """delta(i, y[j]), which remembers that the labels lie in 0..C-1."""

    y = property(lambda self: self.args[0])
    C = property(lambda self: self.args[1])

    def entries(self) -> Expr:
        i, j = self.args[2:]
        return KroneckerDelta(i, self.y[j])

    def _latex(self, printer: Any) -> str:
        return str(printer._print(self.entries()))


def one_hot(y: Any, C: Any) -> OneHot:
    """The labels ``y`` as columns of the identity: entry (c, n) is 1 when c = y[n], else 0; shape (C, N).

    ``y`` is an IndexedBase with a shape (:func:`labels`), of integers in 0..C-1, or a sequence of such integers.

    Raises ShapeError when ``y`` has no length, ValueError for a label that is no integer in 0..C-1, or such a C.

    >>> from sympy import Matrix
    >>> Matrix(one_hot((0, 2), 3))
    Matrix([
    [1, 0],
    [0, 0],
    [0, 1]])
    """
    C = sympify(C)
    if not (C.is_integer and C.is_positive):
        raise ValueError(f"the number of classes C is a positive integer: got {C}; make sizes with sizes('C D N')")
    if isinstance(y, IndexedBase):
        if y.shape is None or len(y.shape) != 1:
            raise ShapeError(f"labels need a length: got {y} of shape {y.shape}; make them with labels('y', N)")
        return OneHot(y, C)
    return OneHot(sympify(tuple(checked_labels(y, C))), C)


def checked_labels(y: Sequence[Any], C: Any) -> list[Integer]:
    """The labels as integers; ValueError names the first that is none in 0..C-1."""
    checked = [sympify(label) for label in y]
    for n, label in enumerate(checked):
        if not label.is_Integer or label < 0 or (sympify(C).is_Integer and label >= C):
            raise ValueError(f"labels are integers in 0..C-1 with C = {C}: got {y[n]!r} at position {n} of {tuple(y)}")
    return checked


class Elementwise(MatrixExpr):
    """See :func:`elementwise`."""

    function = property(lambda self: self.args[0])
    shape = property(lambda self: self.args[1].shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        (t,), body = self.function.signature, self.function.expr
        return renamed_bounds(body).xreplace({t: entry(self.args[1], i, j)})

    def _latex(self, printer: Any) -> str:
        argument = printer._print(self.args[1])
        (t,), body = self.function.signature, self.function.expr
        if isinstance(body, Function) and body.args[0] == t and not any(arg.free_symbols for arg in body.args[1:]):
            if isinstance(body, log) and argument.startswith(r"\operatorname"):
                return rf"\log {argument}"
            slot = Symbol("__slot__", real=True)
            return str(printer._print(body.func(slot)).replace(printer._print(slot), argument))
        shown = Symbol("t", real=True)
        rule = printer._print(body.xreplace({t: shown}))
        return rf"\left({printer._print(shown)} \mapsto {rule}\right)\left({argument}\right)"


_T = Symbol("_t", real=True)  # no name that a parameter would bear


def elementwise(f: Callable[[Any], Any], A: Any) -> Elementwise:
    """The function ``f`` of a real number applied to each entry of ``A``; the shape of ``A``."""
    return Elementwise(Lambda((_T,), f(_T)), _matrix(A, "the argument of an entrywise function"))


class Diag(MatrixExpr):
    """See :func:`diag`."""

    shape = property(lambda self: (max(self.args[0].shape, key=lambda n: n != 1),) * 2)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        (v,) = self.args
        return KroneckerDelta(i, j) * (entry(v, i, 0) if v.shape[1] == 1 else entry(v, 0, i))

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{diag}}\left({printer._print(self.args[0])}\right)"


def diag(v: Any) -> Diag:
    """The diagonal matrix, of shape (n, n), of a column (n, 1) or a row (1, n).

    Raises ShapeError when ``v`` is neither.
    """
    v = _matrix(v, "a diagonal")
    if 1 not in v.shape:
        raise ShapeError(f"a diagonal is made of a column or a row: got shape {v.shape}")
    return Diag(v)


class Named(MatrixExpr):
    """See :func:`named`."""

    name = property(lambda self: self.args[0].name)
    value = property(lambda self: self.args[1])
    shape = property(lambda self: self.value.shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        return entry(self.value, i, j)

    def _latex(self, printer: Any) -> str:
        return str(printer._print(Symbol(self.name)))


class NamedScalar(Scalar):
    """See :func:`named`."""

    name = property(lambda self: self.args[0].name)
    value = property(lambda self: self.args[1])

    def entries(self) -> Expr:
        value: Expr = self.args[1]
        return value

    def _latex(self, printer: Any) -> str:
        letter, _, word = self.name.partition("_")
        spelled = len(word) > 1 and word not in greek_letters_set
        return rf"{letter}_{{\text{{{word}}}}}" if spelled else str(printer._print(Symbol(self.name)))


def named(name: str, A: Any) -> Any:
    """The matrix or scalar ``A`` under a name: printed as the name, and equal to ``A`` in every entry.

    A page that prints the name also shows what it stands for: ``Definition(P, P.value)``.

    >>> from sympy import MatrixSymbol
    >>> P = named("P", softmax(MatrixSymbol("S", 3, 2)))
    >>> P.name, P.shape, P.value
    ('P', (3, 2), Softmax(S))
    >>> named("L_2", norm_squared(P)).value
    Inner(Named(P, Softmax(S)), Named(P, Softmax(S)))
    """
    if isinstance(A, Expr) and not getattr(A, "is_Matrix", False):
        return NamedScalar(Str(name), A)
    return Named(Str(name), _matrix(A, "what a name stands for"))


class Correlation(MatrixExpr):
    """See :func:`correlate`."""

    shape = property(lambda self: tuple(n - k + 1 for n, k in zip(self.args[0].shape, self.args[1].shape, strict=True)))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        X, W = self.args
        return _sum(lambda a, b: entry(W, a, b) * entry(X, i + a, j + b), ("a", W.shape[0]), ("b", W.shape[1]))

    def _latex(self, printer: Any) -> str:
        X, W = (printer._as_factor(arg) for arg in self.args)
        return rf"{X} \star {W}"


def correlate(X: Any, W: Any) -> Correlation:
    """The cross-correlation of ``X`` with taps ``W`` where they overlap in full: what deep learning calls convolution.

    Entry (i, j) is the sum over a, b of W[a, b] X[i + a, j + b]. X of shape (T + K - 1, M + J - 1) and W of shape
    (K, J) give the shape (T, M). One dimension is the case of columns: J and M are 1.

    >>> from sympy import MatrixSymbol
    >>> correlate(MatrixSymbol("x", 7, 1), MatrixSymbol("w", 3, 1)).shape
    (5, 1)
    """
    return Correlation(_matrix(X, "what is correlated"), _matrix(W, "the taps"))


class Convolution(MatrixExpr):
    """See :func:`convolve`."""

    shape = property(lambda self: tuple(n + k - 1 for n, k in zip(self.args[0].shape, self.args[1].shape, strict=True)))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        G, W = self.args
        return _sum(
            lambda t, m, a, b: KroneckerDelta(i, t + a) * KroneckerDelta(j, m + b) * entry(G, t, m) * entry(W, a, b),
            ("t", G.shape[0]),
            ("m", G.shape[1]),
            ("a", W.shape[0]),
            ("b", W.shape[1]),
        )

    def _latex(self, printer: Any) -> str:
        G, W = (printer._as_factor(arg) for arg in self.args)
        return rf"{G} * {W}"


def convolve(G: Any, W: Any) -> Convolution:
    """The full convolution of ``G`` with ``W``: the product of entries t and a is added to entry t + a.

    Entry (i, j) is the sum of G[t, m] W[a, b] over all t + a = i and m + b = j. G of shape (T, M) and W of shape (K, J)
    give the shape (T + K - 1, M + J - 1).

    >>> from sympy import MatrixSymbol
    >>> convolve(MatrixSymbol("g", 5, 1), MatrixSymbol("w", 3, 1)).shape
    (7, 1)
    """
    return Convolution(_matrix(G, "what is convolved"), _matrix(W, "the taps"))


class Flip(MatrixExpr):
    """See :func:`flip`."""

    shape = property(lambda self: self.args[0].shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        (W,) = self.args
        rows, columns = W.shape
        return _sum(
            lambda a, b: KroneckerDelta(i + a, rows - 1) * KroneckerDelta(j + b, columns - 1) * entry(W, a, b),
            ("a", rows),
            ("b", columns),
        )

    def _latex(self, printer: Any) -> str:
        return rf"\operatorname{{flip}}\left({printer._print(self.args[0])}\right)"


def flip(W: Any) -> Flip:
    """``W`` with its rows and its columns in reverse order: entry (a, b) is W[K - 1 - a, J - 1 - b]."""
    return Flip(_matrix(W, "what is flipped"))


class Padded(MatrixExpr):
    """See :func:`padded`."""

    shape = property(lambda self: tuple(n + 2 * p for n, p in zip(self.args[0].shape, self.args[1:], strict=True)))

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        G, above, left = self.args
        return _sum(
            lambda t, m: KroneckerDelta(i, t + above) * KroneckerDelta(j, m + left) * entry(G, t, m),
            ("t", G.shape[0]),
            ("m", G.shape[1]),
        )

    def _latex(self, printer: Any) -> str:
        G, above, left = (printer._print(arg) for arg in self.args)
        return rf"\operatorname{{pad}}_{{{above},{left}}}\left({G}\right)"


def padded(G: Any, rows: Any, columns: Any) -> Padded:
    """``G`` with ``rows`` rows of zeros above and below, and ``columns`` columns of zeros left and right.

    >>> from sympy import MatrixSymbol
    >>> padded(MatrixSymbol("g", 5, 1), 2, 0).shape
    (9, 1)
    """
    return Padded(_matrix(G, "what is padded"), sympify(rows), sympify(columns))


class sigmoid(Function):  # named like SymPy's own functions
    """The logistic function 1 / (1 + exp(-t))."""

    is_real = True

    def fdiff(self, argindex: int = 1) -> Expr:
        return self * (1 - self)

    def _eval_rewrite_as_exp(self, t: Expr, **_: Any) -> Expr:
        return 1 / (1 + exp(-t))

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"\sigma{power}\left({printer._print(self.args[0])}\right)"


def relu(t: Any) -> Expr:
    """max(0, t); its derivative exists where t is not 0."""
    return Max(0, t)


class ActivationClass(FunctionClass):
    """The kind of a function that is known by its name alone."""

    @property
    def prime(cls) -> Any:
        """The derivative, a function of the same kind."""
        return activation(cls.__name__ + "'")


class Activation(Function, metaclass=ActivationClass):
    """An unspecified function of a real number with a derivative; made by :func:`activation`."""

    symbol = ""
    is_real = True
    is_number = False  # so that SymPy does not compare the value at a number with another number

    def fdiff(self, argindex: int = 1) -> Expr:
        return type(self).prime(self.args[0])

    def _eval_evalf(self, prec: int) -> None:
        """An unspecified function has no number, whatever mpmath calls by its name."""
        return

    def _latex(self, printer: Any, exp: Any = None) -> str:
        power = "" if exp is None else f"^{{{exp}}}"
        return rf"{self.symbol}{power}\left({printer._print(self.args[0])}\right)"


def activation(name: str) -> Any:
    """An unspecified differentiable function of a real number; ``.prime`` is its derivative.

    >>> from sympy import Symbol
    >>> phi, x = activation("phi"), Symbol("x", real=True)
    >>> phi(x).fdiff()
    phi'(x)
    """
    if name not in _ACTIVATIONS:
        symbol = rf"\{name}" if name.rstrip("'") in {"phi", "psi", "chi", "eta"} else name
        _ACTIVATIONS[name] = ActivationClass(name, (Activation,), {"symbol": symbol})
    return _ACTIVATIONS[name]


_ACTIVATIONS: dict[str, Any] = {}


class UnspecifiedLoss:
    """Any differentiable scalar function of a matrix; made by :func:`loss`."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, S: Any) -> LossValue:
        return LossValue(Str(self.name), _matrix(S, "the argument of a loss"))

    def gradient(self, S: Any) -> LossGradient:
        """The gradient of the loss at ``S``, of the shape of ``S``."""
        return LossGradient(Str(self.name), _matrix(S, "the argument of a loss's gradient"))


def loss(name: str) -> UnspecifiedLoss:
    """An unspecified differentiable scalar loss: ``L(S)`` and its gradient ``L.gradient(S)``.

    >>> from sympy import MatrixSymbol
    >>> L, S = loss("L"), MatrixSymbol("S", 3, 2)
    >>> L.gradient(S).shape
    (3, 2)
    """
    return UnspecifiedLoss(name)


class LossValue(Scalar):
    """L(S), a scalar."""

    name = property(lambda self: self.args[0].name)
    S = property(lambda self: self.args[1])

    def _latex(self, printer: Any) -> str:
        return rf"{self.name}\left({printer._print(self.S)}\right)"


class LossGradient(MatrixExpr):
    """The gradient of L at S, of the shape of S."""

    name = property(lambda self: self.args[0].name)
    S = property(lambda self: self.args[1])
    shape = property(lambda self: self.S.shape)

    def _entry(self, i: Any, j: Any, **_: Any) -> Expr:
        return LossGradientEntry(*self.args, i, j)

    def _latex(self, printer: Any) -> str:
        return rf"\nabla {self.name}\left({printer._print(self.S)}\right)"


class LossGradientEntry(Scalar):
    """Entry (i, j) of the gradient of L at S."""

    name = property(lambda self: self.args[0].name)
    S = property(lambda self: self.args[1])

    def _latex(self, printer: Any) -> str:
        S, i, j = (printer._print(arg) for arg in self.args[1:])
        return rf"\nabla {self.name}\left({S}\right)_{{{i},{j}}}"


def equation(left: Any, right: Any) -> Eq:
    """The statement left = right, not evaluated: what a theorem returns."""
    return Eq(left, right, evaluate=False)
