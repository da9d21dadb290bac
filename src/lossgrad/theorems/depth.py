"""Layers on layers: the backward step, whole networks, residuals, embeddings, adapters.

A column is an example. Where a loss L stands, it is any differentiable scalar function of the matrix in its brackets,
and ∇L is its gradient there. φ is any differentiable function of one number, applied entry by entry.
"""

from typing import Any

from sympy import Eq, HadamardProduct, MatrixSymbol, Symbol
from sympy.matrices.expressions.matexpr import MatrixElement

from lossgrad.arguments import argued
from lossgrad.expressions import (
    Definition,
    elementwise,
    equation,
    gradient,
    inner,
    labels,
    loss,
    named,
    one_hot,
    ones,
    parameters,
    sizes,
    vjp,
)
from lossgrad.notation import C, D, H, L, N, S, W, X, phi
from lossgrad.theorems import softmax
from lossgrad.theorems.linear import to_bias, to_data, to_weights

R, V = sizes("R V")
d, n = (Symbol(letter, integer=True, nonnegative=True) for letter in "dn")

A = MatrixSymbol("A", H, N)
W_1 = MatrixSymbol("W_1", H, D)
W_2 = MatrixSymbol("W_2", C, H)
b_1 = MatrixSymbol("b_1", H, 1)
b_2 = MatrixSymbol("b_2", C, 1)
U_1 = MatrixSymbol("U_1", H, D)
U_2 = MatrixSymbol("U_2", D, H)
E = MatrixSymbol("E", D, V)
k = labels("k", N)
B_r = MatrixSymbol("B", C, R)
A_r = MatrixSymbol("A", R, D)
G = MatrixSymbol("G", D, N)
alpha = parameters("alpha", positive=True)

after = W_2 * elementwise(phi, A) + b_2 * ones(N).T

A_1 = named("A_1", W_1 * X + b_1 * ones(N).T)
H_1 = named("H_1", elementwise(phi, A_1))
A_2 = named("A_2", W_2 * H_1 + b_2 * ones(N).T)
Delta_1 = named("Delta_1", HadamardProduct(W_2.T * L.gradient(A_2), elementwise(phi.prime, A_1)))
cross_entropy = named("f", softmax.cross_entropy(A_2))
Delta_2 = named("Delta_2", softmax.score_gradient().rhs.xreplace({S: A_2}))

branch = loss("B")
looked_up = E * one_hot(k, V)
adapted = (W + alpha / R * B_r * A_r) * X


# -- the step --------------------------------------------------------------------------------------------------------


def backward_step() -> Eq:
    """One step back: what a layer's result receives goes through W transposed, then times the slope of φ.

    A of shape (H, N) is what enters φ, W_2 of shape (C, H) the next layer's weights, b_2 of shape (C, 1) its bias. By
    induction over the layers the step gives a network of any depth.

    Catalogue: 41.

    Reference: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.

    >>> prove(backward_step()).scope
    'every C, H, N'
    """
    back = W_2.T * L.gradient(after)
    return equation(gradient(L(after), A), HadamardProduct(back, elementwise(phi.prime, A)))


def step_weight_gradient() -> Eq:
    """A layer's weights receive what its result receives, times what entered the layer, transposed.

    W_2 of shape (C, H), A of shape (H, N), b_2 of shape (C, 1); what entered the layer is φ(A).

    Catalogue: 41.

    >>> prove(step_weight_gradient()).scope
    'every C, H, N'
    """
    return equation(gradient(L(after), W_2), to_weights(L.gradient(after), elementwise(phi, A)))


def step_bias_gradient() -> Eq:
    """A layer's bias receives what its result receives, summed over the examples.

    W_2 of shape (C, H), A of shape (H, N), b_2 of shape (C, 1).

    Catalogue: 41.

    >>> prove(step_bias_gradient()).scope
    'every C, H, N'
    """
    return equation(gradient(L(after), b_2), to_bias(L.gradient(after)))


# -- two layers, whole -----------------------------------------------------------------------------------------------


def first_layer() -> Definition:
    """The first layer is linear in the data.

    W_1 of shape (H, D), X of shape (D, N), b_1 of shape (H, 1), the result of shape (H, N).
    """
    return Definition(A_1, A_1.value)


def hidden_units() -> Definition:
    """The hidden units: φ of each entry.

    Of shape (H, N).
    """
    return Definition(H_1, H_1.value)


def second_layer() -> Definition:
    """The second layer is linear in the hidden units.

    W_2 of shape (C, H), b_2 of shape (C, 1), the result of shape (C, N).
    """
    return Definition(A_2, A_2.value)


def hidden_delta() -> Definition:
    """What enters φ receives: one step back from the gradient at the top.

    Of shape (H, N).
    """
    return Definition(Delta_1, Delta_1.value)


def outer_weight_gradient() -> Eq:
    """Two layers: the outer weights receive the gradient at the top times the hidden units, transposed.

    X of shape (D, N), W_1 (H, D), b_1 (H, 1), W_2 (C, H), b_2 (C, 1); any loss of the C x N result.

    Catalogue: 41.

    >>> prove(outer_weight_gradient()).scope
    'every C, D, H, N'
    """
    return equation(gradient(L(A_2), W_2), to_weights(L.gradient(A_2), H_1))


def inner_weight_gradient() -> Eq:
    """Two layers: the inner weights receive one step back, times the data transposed.

    X of shape (D, N), W_1 (H, D), b_1 (H, 1), W_2 (C, H), b_2 (C, 1); any loss of the C x N result.

    Catalogue: 41.

    >>> prove(inner_weight_gradient()).scope
    'every C, D, H, N'
    """
    return equation(gradient(L(A_2), W_1), to_weights(Delta_1))


def inner_bias_gradient() -> Eq:
    """Two layers: the inner bias receives one step back, summed over the examples.

    X of shape (D, N), W_1 (H, D), b_1 (H, 1), W_2 (C, H), b_2 (C, 1); any loss of the C x N result.

    Catalogue: 41.

    >>> prove(inner_bias_gradient()).scope
    'every C, D, H, N'
    """
    return equation(gradient(L(A_2), b_1), to_bias(Delta_1))


def data_gradient() -> Eq:
    """Two layers: the data receive one step back through the inner weights, transposed.

    X of shape (D, N), W_1 (H, D), b_1 (H, 1), W_2 (C, H), b_2 (C, 1); any loss of the C x N result.

    Catalogue: 41.

    >>> prove(data_gradient()).scope
    'every C, D, H, N'
    """
    return equation(gradient(L(A_2), X), to_data(Delta_1, W_1))


def classifier_loss() -> Definition:
    """The mean softmax cross-entropy of the network's result.

    N labels y in 0..C-1.
    """
    return Definition(cross_entropy, cross_entropy.value)


def classifier_delta() -> Definition:
    """Its gradient by the network's result, probabilities less labels.

    Of shape (C, N).
    """
    return Definition(Delta_2, Delta_2.value)


def _classifier_back() -> Any:
    """What the hidden layer receives: the step back, with probabilities less labels at the top."""
    return Delta_1.value.xreplace({L.gradient(A_2): Delta_2})


@argued(
    lambda right: [
        (vjp(Delta_2, A_2, W_1), "chain rule, with the gradient at the top put in"),
        (vjp(_classifier_back(), A_1, W_1), "one step back"),
        (right, "the rule of the linear layer"),
    ]
)
def classifier_gradient() -> Eq:
    """Two layers under softmax cross-entropy: the inner weights, with probabilities less labels at the top.

    X of shape (D, N), W_1 (H, D), b_1 (H, 1), W_2 (C, H), b_2 (C, 1); N labels y in 0..C-1, mean over the examples.

    Catalogue: 41.

    >>> prove(classifier_gradient()).scope
    'every C, D, H, N'
    """
    return equation(gradient(cross_entropy, W_1), inner_weight_gradient().rhs.xreplace({Delta_1: _classifier_back()}))


# -- residuals -------------------------------------------------------------------------------------------------------


def residual_of_any_branch() -> Eq:
    """Whatever the branch is, the path around it sends the upstream gradient back as it is, and that is added.

    X and G of shape (D, N). B is the pairing of G with what any differentiable branch makes of X, and ∇B is what that
    branch sends back, its Jacobian transposed times G.

    Catalogue: 44.

    Reference: He, Zhang, Ren and Sun, Identity mappings in deep residual networks, 2016.

    >>> prove(residual_of_any_branch()).scope
    'every D, N'
    """
    return equation(gradient(inner(G, X) + branch(X), X), G + branch.gradient(X))


def residual_gradient() -> Eq:
    """A residual layer adds: the upstream gradient as it is, and the upstream gradient sent back through the branch.

    X and G of shape (D, N); the branch is two layers, with U_1 of shape (H, D) and U_2 of shape (D, H).

    Catalogue: 44.

    Reference: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.

    >>> prove(residual_gradient()).scope
    'every D, H, N'
    """
    two_layers = U_2 * elementwise(phi, U_1 * X)
    back = HadamardProduct(U_2.T * G, elementwise(phi.prime, U_1 * X))
    return equation(vjp(G, X + two_layers, X), G + to_data(back, U_1))


# -- embeddings ------------------------------------------------------------------------------------------------------


def embedding_lookup() -> Eq:
    """A product with one-hot columns is a lookup: column n is the column of E that token n names.

    E of shape (D, V), a column a word; N tokens k in 0..V-1.

    Catalogue: 46.

    >>> prove(embedding_lookup()).scope
    'every D, N, V'
    """
    return equation(MatrixElement(looked_up, d, n), E[d, k[n]])


def embedding_gradient() -> Eq:
    """The embedding table receives a scatter-add: the linear rule, with one-hot columns for data.

    E of shape (D, V), N tokens k in 0..V-1; any loss of the D x N embedded tokens.

    Catalogue: 46.

    >>> prove(embedding_gradient()).scope
    'every D, N, V'
    """
    return equation(gradient(L(looked_up), E), to_weights(L.gradient(looked_up), one_hot(k, V)))


# -- adapters --------------------------------------------------------------------------------------------------------


def lora_up_gradient() -> Eq:
    """LoRA: the outer factor B receives the gradient at the top, times A X transposed, times the scale.

    W of shape (C, D) is frozen, B of shape (C, R), A of shape (R, D), X of shape (D, N); the scale is α/R.

    Catalogue: 53.

    Reference: Hu and others, LoRA: low-rank adaptation of large language models, 2022.

    >>> prove(lora_up_gradient()).scope
    'every C, D, N, R'
    """
    return equation(gradient(L(adapted), B_r), alpha / R * to_weights(L.gradient(adapted), A_r * X))


def lora_down_gradient() -> Eq:
    """LoRA: the inner factor A receives B transposed times the gradient at the top times X transposed, times the scale.

    W of shape (C, D) is frozen, B of shape (C, R), A of shape (R, D), X of shape (D, N); the scale is α/R. It is 0
    while B is 0, as at the start of training.

    Catalogue: 53.

    >>> prove(lora_down_gradient()).scope
    'every C, D, N, R'
    """
    return equation(gradient(L(adapted), A_r), alpha / R * to_data(to_weights(L.gradient(adapted)), B_r))


def lora_factors_balance() -> Eq:
    """LoRA: each factor paired with its own gradient gives the same number, a check of both at run time.

    W of shape (C, D), B of shape (C, R), A of shape (R, D), X of shape (D, N).

    Catalogue: 53.

    >>> prove(lora_factors_balance()).scope
    'every C, D, N, R'
    """
    return equation(inner(lora_up_gradient().lhs, B_r), inner(lora_down_gradient().lhs, A_r))


# -- rows as examples ------------------------------------------------------------------------------------------------

X_r = MatrixSymbol("X", N, D)
A_rows = MatrixSymbol("A", N, H)
E_r = MatrixSymbol("E", V, D)

row_after = named("Z", elementwise(phi, A_rows) * W_2.T + ones(N) * b_2.T)
row_looked_up = one_hot(k, V).T * E_r
row_adapted = named("Z", X_r * W.T + alpha / R * X_r * A_r.T * B_r.T)


def row_layer() -> Definition:
    """With an example in each row, the stored weights are used transposed.

    A of shape (N, H), W_2 stored as (C, H), b_2 of shape (C, 1), the result of shape (N, C).
    """
    return Definition(row_after, row_after.value)


def row_adapted_layer() -> Definition:
    """And so are both factors of an adapter.

    X of shape (N, D); W (C, D), B (C, R) and A (R, D) are stored as before.
    """
    return Definition(row_adapted, row_adapted.value)


def row_backward_step() -> Eq:
    """With an example in each row, one step back goes through the stored weights as they are.

    A of shape (N, H), W_2 stored as (C, H) and used transposed, as the libraries do, b_2 of shape (C, 1).

    Catalogue: 41.

    >>> prove(row_backward_step()).scope
    'every C, H, N'
    """
    back = L.gradient(row_after) * W_2
    return equation(gradient(L(row_after), A_rows), HadamardProduct(back, elementwise(phi.prime, A_rows)))


def row_step_weight_gradient() -> Eq:
    """With an example in each row, the stored weights receive the gradient transposed, times what entered the layer.

    A of shape (N, H), W_2 stored as (C, H) and used transposed, b_2 of shape (C, 1).

    Catalogue: 41.

    >>> prove(row_step_weight_gradient()).scope
    'every C, H, N'
    """
    return equation(gradient(L(row_after), W_2), L.gradient(row_after).T * elementwise(phi, A_rows))


def row_step_bias_gradient() -> Eq:
    """With an example in each row, the bias of the next layer receives the gradient added up over the rows.

    A of shape (N, H), W_2 stored as (C, H) and used transposed, b_2 of shape (C, 1).

    Catalogue: 41.

    >>> prove(row_step_bias_gradient()).scope
    'every C, H, N'
    """
    return equation(gradient(L(row_after), b_2), L.gradient(row_after).T * ones(N))


def row_embedding_gradient() -> Eq:
    """With a word in each row of the table, the scatter-add runs over rows.

    E of shape (V, D), N tokens k in 0..V-1; any loss of the N x D embedded tokens.

    Catalogue: 46.

    >>> prove(row_embedding_gradient()).scope
    'every D, N, V'
    """
    return equation(gradient(L(row_looked_up), E_r), one_hot(k, V) * L.gradient(row_looked_up))


def row_lora_up_gradient() -> Eq:
    """With an example in each row, the outer factor of LoRA receives the gradient transposed, times X A transposed.

    X of shape (N, D); W (C, D), B (C, R) and A (R, D) are stored as before and used transposed; the scale is α/R.

    Catalogue: 53.

    >>> prove(row_lora_up_gradient()).scope
    'every C, D, N, R'
    """
    return equation(gradient(L(row_adapted), B_r), alpha / R * L.gradient(row_adapted).T * X_r * A_r.T)


def row_lora_down_gradient() -> Eq:
    """With an example in each row, the inner factor of LoRA receives B and the gradient, both transposed, times X.

    X of shape (N, D); W (C, D), B (C, R) and A (R, D) are stored as before and used transposed; the scale is α/R.

    Catalogue: 53.

    >>> prove(row_lora_down_gradient()).scope
    'every C, D, N, R'
    """
    return equation(gradient(L(row_adapted), A_r), alpha / R * B_r.T * L.gradient(row_adapted).T * X_r)
