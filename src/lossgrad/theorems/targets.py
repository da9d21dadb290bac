"""What a cross-entropy is averaged over: smoothed labels, weights, masks, temperatures, and penalties on the scores.

Convention: a column is an example. S of shape (C, N) holds the scores, y the N labels, P = softmax(S) the
probabilities, column by column. Every loss here is a number; its gradient by S has the shape of S.
"""

from __future__ import annotations

from typing import Any

from sympy import Eq, Expr, MatrixSymbol, OneMatrix, hadamard_product, log, tanh

from lossgrad.expressions import (
    Definition,
    diag,
    elementwise,
    equation,
    gradient,
    inner,
    labels,
    logsumexp,
    named,
    norm_squared,
    one_hot,
    ones,
    parameters,
    softmax,
    vjp,
)
from lossgrad.notation import C, G, N, S, U, W, X, epsilon, lambda_, s, tau, y
from lossgrad.theorems import softmax as cross_entropy
from lossgrad.theorems.linear import S_rows, to_weights

w = MatrixSymbol("w", C, 1)
m = MatrixSymbol("m", N, 1)
R = MatrixSymbol("R", C, N)
c = parameters("c", positive=True)

P = softmax(S)
labelled = one_hot(y, C)
Y_epsilon = named("Y_epsilon", (1 - epsilon) * labelled + epsilon / C * OneMatrix(C, N))
w_y = named("w_y", labelled.T * w)
Y_w = named("Y_w", (1 - epsilon) * diag(w) * labelled + epsilon / C * w * ones(N).T)
total_weight = inner(ones(N), w_y)
kept = inner(ones(N), m)


def log_likelihood(targets: Any, scores: Any) -> Expr:
    """The sum of the targets times the log-probabilities, both of shape (C, N)."""
    return inner(targets, elementwise(log, softmax(scores)))


def _loss(name: str, value: Any) -> Definition:
    return Definition(named(f"L_{name}", value), value)


# One derivation for all

V = MatrixSymbol("V", C, N)
v = MatrixSymbol("v", 1, N)


def cross_entropy_by_normalizers() -> Eq:
    """Cross-entropy with any targets is what the normalizers cost less what the targets earn.

    V and S of shape (C, N): the log-probabilities are S less the row lse(S), so -<V, log P> = <1^T V, lse(S)> - <V, S>.

    Catalogue: 16.

    >>> prove(cross_entropy_by_normalizers()).scope
    'every C, N'
    """
    return equation(-log_likelihood(V, S), inner(ones(C).T * V, logsumexp(S)) - inner(V, S))


def weighted_normalizers_gradient() -> Eq:
    """Normalizers with a weight for each column pass back the probabilities, each column times its weight.

    S of shape (C, N), v of shape (1, N) any weights: the gradient is P diag(v).

    Catalogue: 15.

    >>> prove(weighted_normalizers_gradient()).scope
    'every C, N'
    """
    return equation(gradient(inner(v, logsumexp(S)), S), P * diag(v))


def earnings_gradient() -> Eq:
    """What the targets earn passes back the targets.

    S and V of shape (C, N).

    Catalogue: 16.

    >>> prove(earnings_gradient()).scope
    'every C, N'
    """
    return equation(gradient(inner(V, S), S), V)


# Label smoothing


def smoothed_targets() -> Definition:
    """Label smoothing mixes the one-hot labels with the uniform distribution: Y_eps = (1 - epsilon) Y + (epsilon/C) 1
    1^T.

    y holds N labels, epsilon is the weight of the uniform part, the targets have shape (C, N).

    Reference: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception Architecture for Computer Vision,
    2016, section 7.
    """
    return Definition(Y_epsilon, Y_epsilon.value)


def smoothed_loss() -> Definition:
    """Cross-entropy with label smoothing: the mean over the examples of the cross-entropy with smoothed targets.

    S of shape (C, N), y of N labels.
    """
    return _loss("smooth", -log_likelihood(Y_epsilon, S) / N)


def smoothed_score_gradient() -> Eq:
    """With label smoothing the gradient is probabilities minus smoothed targets, over N: dL/dS = (P - Y_eps)/N.

    S of shape (C, N), y of N labels, epsilon > 0. The smoothed columns sum to 1, so nothing else changes.

    Catalogue: 20.

    >>> prove(smoothed_score_gradient()).scope
    'every C, N'
    """
    return equation(gradient(smoothed_loss().lhs, S), (P - Y_epsilon) / N)


def smoothed_weight_gradient() -> Eq:
    """Behind a linear layer, label smoothing changes the targets and nothing else: dL/dW = (P - Y_eps) X^T/N.

    W of shape (C, D), X of shape (D, N), scores W X.

    Catalogue: 20.

    >>> prove(smoothed_weight_gradient()).scope
    'every C, D, N'
    """
    scores = {S: W * X}
    loss, score_gradient = smoothed_loss().rhs.xreplace(scores), smoothed_score_gradient().rhs.xreplace(scores)
    return equation(gradient(loss, W), to_weights(score_gradient))


def smoothed_columns_sum_to_one() -> Eq:
    """Every column of the smoothed targets sums to one.

    Catalogue: 20.

    >>> prove(smoothed_columns_sum_to_one()).scope
    'every C, N'
    """
    return equation(ones(C).T * Y_epsilon, ones(N).T)


def smoothed_target_of_the_true_class() -> Eq:
    """The true class keeps its label's share and receives a share of the uniform part too.

    The mean over the examples of the smoothed target of the true class.

    Catalogue: 20. Reference: pytorch/pytorch#148884.

    >>> prove(smoothed_target_of_the_true_class()).scope
    'every C, N'
    """
    return equation(inner(labelled, Y_epsilon) / N, 1 - epsilon + epsilon / C)


def smoothed_loss_splits() -> Eq:
    """The smoothed loss is a mixture: the loss with the labels, and the loss with uniform targets.

    S of shape (C, N), y of N labels.

    Catalogue: 20.

    >>> prove(smoothed_loss_splits()).scope
    'every C, N'
    """
    with_labels, uniform = (-log_likelihood(targets, S) / N for targets in (labelled, OneMatrix(C, N) / C))
    return equation(smoothed_loss().rhs, (1 - epsilon) * with_labels + epsilon * uniform)


# Class weights


def weights_of_the_labels() -> Definition:
    """The weight of each example is the weight of its class: w_y = onehot(y)^T w.

    w of shape (C, 1) holds a weight a class, y holds N labels; w_y of shape (N, 1).
    """
    return Definition(w_y, w_y.value)


def class_weighted_loss() -> Definition:
    """Cross-entropy with class weights, as the weighted mean over the examples.

    S of shape (C, N), y of N labels, w_y of shape (N, 1) the weights of the labels.
    """
    return _loss("w", -log_likelihood(labelled * diag(w_y), S) / total_weight)


def class_weighted_score_gradient() -> Eq:
    """With class weights each column is scaled by the weight of its label: dL/dS = (P - Y) diag(w_y)/sum(w_y).

    S of shape (C, N), y of N labels, w of shape (C, 1) with w_y = onehot(y)^T w; the weights of the labels must not
    sum to 0.

    Catalogue: 21.

    >>> prove(class_weighted_score_gradient()).scope
    'every C, N'
    """
    return equation(
        gradient(class_weighted_loss().lhs, S),
        (P - labelled) * diag(w_y) / total_weight,
    )


def class_weighted_smoothed_targets() -> Definition:
    """The targets that class weights and label smoothing make together: Y_w = (1 - epsilon) diag(w) Y + (epsilon/C) w
    1^T.

    The uniform part is weighted by the weight of each class, not by that of the label. Shape (C, N).

    Reference: PyTorch documentation, torch.nn.CrossEntropyLoss.
    """
    return Definition(Y_w, Y_w.value)


def class_weighted_smoothed_score_gradient() -> Eq:
    """With class weights and smoothing the columns of the targets no longer sum to one: dL/dS = (P diag(1^T Y_w) -
    Y_w)/sum(w_y).

    The loss is that of PyTorch: the targets Y_w, over the sum of the weights of the labels.

    Catalogue: 21.

    >>> prove(class_weighted_smoothed_score_gradient()).scope
    'every C, N'
    """
    return equation(
        gradient(-log_likelihood(Y_w, S) / total_weight, S),
        (P * diag(ones(C).T * Y_w) - Y_w) / total_weight,
    )


def one_example_cancels_its_weight() -> Eq:
    """With one example the class weight cancels: dL/ds = p - onehot(y), whatever the weights.

    s of shape (C, 1), one label y, w of shape (C, 1); the weight of the label must not be 0.

    Catalogue: 21. Reference: pytorch/pytorch#50528.

    >>> prove(one_example_cancels_its_weight()).scope
    'every C'
    """
    label = one_hot(labels("y", 1), C)
    weight = inner(label, w)
    return equation(gradient(-log_likelihood(diag(w) * label, s) / weight, s), softmax(s) - label)


# Masks and weights of examples


def masked_loss() -> Definition:
    """Cross-entropy of the examples that a mask keeps, as their mean.

    m of shape (N, 1) is 1 where the label counts and 0 where it is ignored; any other weights of the examples will do.
    """
    return _loss("m", -log_likelihood(labelled * diag(m), S) / kept)


def masked_score_gradient() -> Eq:
    """A mask scales the columns and the mean is over what it keeps: dL/dS = (P - Y) diag(m)/sum(m).

    S of shape (C, N), y of N labels, m of shape (N, 1) with a sum that is not 0: a batch in which every label is
    ignored has no mean loss.

    Catalogue: 22.

    >>> prove(masked_score_gradient()).scope
    'every C, N'
    """
    return equation(gradient(masked_loss().lhs, S), (P - labelled) * diag(m) / kept)


def masked_weight_gradient() -> Eq:
    """Behind a linear layer a mask acts on the columns before they are added: dL/dW = (P - Y) diag(m) X^T/sum(m).

    W of shape (C, D), X of shape (D, N), scores W X, m of shape (N, 1).

    Catalogue: 22.

    >>> prove(masked_weight_gradient()).scope
    'every C, D, N'
    """
    scores = {S: W * X}
    loss, score_gradient = masked_loss().rhs.xreplace(scores), masked_score_gradient().rhs.xreplace(scores)
    return equation(gradient(loss, W), to_weights(score_gradient))


# Temperature and distillation


def temperature_loss() -> Definition:
    """Cross-entropy at a temperature: the scores are divided by it before softmax.

    S of shape (C, N), y of N labels, tau > 0.
    """
    return _loss("tau", -log_likelihood(labelled, S / tau) / N)


def temperature_score_gradient() -> Eq:
    """A temperature softens the probabilities and divides the gradient: dL/dS = (softmax(S/tau) - Y)/(tau N).

    S of shape (C, N), y of N labels, tau > 0.

    Catalogue: 23.

    >>> prove(temperature_score_gradient()).scope
    'every C, N'
    """
    return equation(
        gradient(temperature_loss().lhs, S), cross_entropy.score_gradient().rhs.xreplace({S: S / tau}) / tau
    )


def distillation_loss() -> Definition:
    """Distillation: the cross-entropy at a temperature with the teacher's probabilities for targets, times the
    temperature squared.

    S and R of shape (C, N) are the scores of the student and of the teacher.

    Reference: Hinton, Vinyals and Dean, Distilling the Knowledge in a Neural Network, 2015, section 2.
    """
    return _loss("soft", -(tau**2) * log_likelihood(softmax(R / tau), S / tau) / N)


def distillation_score_gradient() -> Eq:
    """Of the squared temperature in front of the loss one factor is left: dL/dS = tau (softmax(S/tau) -
    softmax(R/tau))/N.

    S and R of shape (C, N), tau > 0. The difference of the softmaxes shrinks like 1/tau, the product keeps its size.

    Catalogue: 23.

    >>> prove(distillation_score_gradient()).scope
    'every C, N'
    """
    softened = cross_entropy.score_gradient_of_soft_targets().rhs.xreplace({S: S / tau, U: R / tau})
    return equation(gradient(distillation_loss().lhs, S), tau * softened)


# Penalties and caps on the scores


def z_loss() -> Definition:
    """The z-loss: a multiple of the mean of the squared log-normalizers, which keeps the logsumexp of the scores near
    zero.

    S of shape (C, N), lambda > 0.

    Reference: Chowdhery and others, PaLM: Scaling Language Modeling with Pathways, 2022, section 5.
    """
    return _loss("z", lambda_ * norm_squared(logsumexp(S)) / N)


def z_loss_gradient() -> Eq:
    """The z-loss adds the probabilities, each column scaled by its log-normalizer: dL/dS = (2 lambda/N) P diag(lse).

    S of shape (C, N), lse the row of logsumexp of each column.

    Catalogue: 24.

    >>> prove(z_loss_gradient()).scope
    'every C, N'
    """
    return equation(gradient(z_loss().rhs, S), 2 * lambda_ / N * P * diag(logsumexp(S)))


def cross_entropy_with_z_loss_gradient() -> Eq:
    """Together with cross-entropy the z-loss is one more factor on the probabilities: dL/dS = (P diag(1 + 2 lambda
    lse) - Y)/N.

    S of shape (C, N), y of N labels: the form that a fused kernel computes.

    Catalogue: 24.

    >>> prove(cross_entropy_with_z_loss_gradient()).scope
    'every C, N'
    """
    factor = ones(N).T + 2 * lambda_ * logsumexp(S)
    return equation(gradient(-log_likelihood(labelled, S) / N + z_loss().rhs, S), (P * diag(factor) - labelled) / N)


def soft_cap() -> Definition:
    """A soft cap squashes every score into an open interval around zero: S_c = c tanh(S/c), entry by entry.

    S of shape (C, N), c > 0.

    Reference: Gemma Team, Gemma 2: Improving Open Language Models at a Practical Size, 2024, section 2.
    """
    return Definition(MatrixSymbol("S_c", C, N), elementwise(lambda t: c * tanh(t / c), S))


def soft_cap_gradient() -> Eq:
    """A soft cap multiplies the upstream gradient by the slope of tanh, entry by entry: dL/dS = G o (1 - tanh(S/c)^2).

    S and the upstream gradient G of shape (C, N), c > 0.

    Catalogue: 25.

    >>> prove(soft_cap_gradient()).scope
    'every C, N'
    """
    slope = elementwise(lambda t: 1 - tanh(t / c) ** 2, S)
    return equation(vjp(G, soft_cap().rhs, S), hadamard_product(G, slope))


# Rows as examples


def row_masked_score_gradient() -> Eq:
    """With an example in each row a mask scales rows: the gradient in columns, transposed.

    S' of shape (N, C), y of N labels, m of shape (N, 1) with a sum that is not 0. Every rule of this module goes
    over in the same way.

    Catalogue: 22.

    >>> prove(row_masked_score_gradient()).scope
    'every C, N'
    """
    probabilities = softmax(S_rows.T).T
    loss = -inner(diag(m) * labelled.T, elementwise(log, probabilities)) / kept
    return equation(gradient(loss, S_rows), diag(m) * (probabilities - labelled.T) / kept)
