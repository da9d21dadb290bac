"""The letters of the book: one letter, one meaning. The notation page prints this table.

A column is an example. Sizes are positive integers, everything else is real.
"""

from __future__ import annotations

from typing import Any

from sympy import MatrixSymbol

from lossgrad.expressions import activation, labels, loss, parameters, sizes

C, D, N = sizes("C D N")
H, K, T = sizes("H K T")

W = MatrixSymbol("W", C, D)
X = MatrixSymbol("X", D, N)
b = MatrixSymbol("b", C, 1)
S = MatrixSymbol("S", C, N)
Y = MatrixSymbol("Y", C, N)
G = MatrixSymbol("G", C, N)
U = MatrixSymbol("U", C, N)
V = MatrixSymbol("V", C, D)
s = MatrixSymbol("s", C, 1)
x = MatrixSymbol("x", D, 1)
y = labels("y", N)
L = loss("L")
phi = activation("phi")
epsilon, lambda_, tau, delta, eta = parameters("epsilon lambda tau delta eta", positive=True)

MEANINGS: tuple[tuple[Any, str], ...] = (
    (C, "number of classes, rows of the scores"),
    (D, "number of features, rows of the data"),
    (N, "number of examples, columns of the data"),
    (H, "number of hidden units"),
    (K, "number of blocks, taps or other parts, as its page says"),
    (T, "number of positions in time"),
    (W, "weights"),
    (X, "data: a column is an example"),
    (b, "bias"),
    (S, "scores (logits)"),
    (Y, "target columns; one-hot labels unless a theorem says: any"),
    (G, "upstream gradient (cotangent): the gradient of the loss by what a map returns, mostly the scores"),
    (U, "upstream gradient of a map from scores"),
    (V, "a direction in which the weights move"),
    (s, "the scores of one example"),
    (x, "one example"),
    (y[0].base.label, "labels: the class of each example"),
    (L(S), "any differentiable scalar loss"),
    (epsilon, "a small positive constant: smoothing, or the guard of a normalisation"),
    (lambda_, "strength of a penalty"),
    (tau, "temperature"),
    (delta, "threshold"),
    (eta, "step size"),
)
