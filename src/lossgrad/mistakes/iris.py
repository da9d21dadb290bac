"""What people write for a penalised classifier, and is false.

Convention: a column is an example. W has shape (C, D), X (D, N), b (C, 1), y holds N labels in 0..C-1.
"""

from __future__ import annotations

from sympy import Eq

from lossgrad.expressions import equation
from lossgrad.notation import N, W, b, lambda_
from lossgrad.theorems import iris, softmax


def penalised_bias() -> Eq:
    """A penalty on the bias in its gradient, and none in the loss.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1, lambda a positive number.

    Corrected by: iris.bias_gradient.
    """
    right = iris.bias_gradient()
    return equation(right.lhs, right.rhs + lambda_ * b)


def penalty_beside_a_sum() -> Eq:
    """The penalty added to the gradient of the *sum* of the losses, where the loss has their mean.

    W of shape (C, D), X of shape (D, N), b of shape (C, 1), y of N labels in 0..C-1, lambda a positive number.

    Corrected by: iris.weight_gradient.
    """
    return equation(iris.weight_gradient().lhs, N * softmax.weight_gradient().rhs + lambda_ * W)
