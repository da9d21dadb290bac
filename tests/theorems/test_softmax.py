"""Softmax and cross-entropy: what the generic tests of all theorems do not cover."""

import pytest
from sympy import Matrix, MatrixSymbol, Rational, exp, log

from lossgrad import Refuted, elementwise, equation, gradient, inner, one_hot, prove, softmax

LABELS = ((0, 1, 2), (2, 0, 2), (1, 1, 1))


@pytest.mark.parametrize("y", LABELS)
def test_score_gradient_at_numbers_for_sizes_is_that_of_sympy(y: tuple[int, ...]) -> None:
    C, N = 3, len(y)
    S = MatrixSymbol("S", C, N)
    losses = [log(sum(exp(S[c, n]) for c in range(C))) - S[y[n], n] for n in range(N)]
    mean = Rational(1, N) * sum(losses)
    derivatives = Matrix(C, N, lambda c, n: mean.diff(S[c, n]))
    prove(equation(derivatives, (softmax(S) - one_hot(y, C)) / N))
    for other in LABELS:
        if other != y:
            with pytest.raises(Refuted):
                prove(equation(derivatives, (softmax(S) - one_hot(other, C)) / N))


def test_one_hot_pairing_is_the_mean_of_the_losses_at_numbers_for_sizes() -> None:
    S, y = MatrixSymbol("S", 2, 3), (1, 0, 1)
    losses = [-log(exp(S[y[n], n]) / (exp(S[0, n]) + exp(S[1, n]))) for n in range(3)]
    pairing = -inner(one_hot(y, 2), elementwise(log, softmax(S))) / 3
    prove(equation(Rational(1, 3) * sum(losses), pairing))
    with pytest.raises(Refuted):
        prove(equation(Rational(1, 2) * sum(losses), pairing))


def test_hessian_of_the_loss_does_not_depend_on_the_labels() -> None:
    S = MatrixSymbol("S", 3, 2)
    second = [gradient(gradient(-log(softmax(S)[y, 0]), S)[0, 0].doit(), S)[1, 0] for y in (0, 1)]
    prove(equation(second[0], second[1]))
