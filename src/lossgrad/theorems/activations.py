"""Functions applied entry by entry, gates, and kinks.

A, of shape (C, N), is what goes in. G, of the same shape, is the upstream gradient: the gradient of the loss by what
comes out. A gradient by A has the shape of A.
"""

from typing import Any

from sympy import (
    Derivative,
    Eq,
    Expr,
    Function,
    HadamardProduct,
    Heaviside,
    MatrixSymbol,
    Max,
    OneMatrix,
    Piecewise,
    erf,
    exp,
    log,
    pi,
    sqrt,
    tanh,
)

from lossgrad.expressions import Definition, elementwise, equation, gradient, named, parameters, relu, sigmoid, vjp
from lossgrad.notation import C, D, G, L, N, X, phi
from lossgrad.theorems.linear import to_weights

A = MatrixSymbol("A", C, N)
B = MatrixSymbol("B", C, N)
V = MatrixSymbol("V", C, D)
W = MatrixSymbol("W", C, D)
all_ones = OneMatrix(C, N)
c, t, u, v, w, z = parameters("c t u v w z", real=True)
a, alpha = parameters("a alpha", positive=True)


# -- the functions ---------------------------------------------------------------------------------------------------


def softplus(t: Any) -> Expr:
    """log(1 + exp(t)), the smooth ramp."""
    return log(1 + exp(t))


def silu(t: Any) -> Expr:
    """t times the logistic function of t, also called swish."""
    return t * sigmoid(t)


def normal_distribution(t: Any) -> Expr:
    """The probability that a standard normal variable lies below t."""
    return (1 + erf(t / sqrt(2))) / 2


def normal_density(t: Any) -> Expr:
    """The density of the standard normal distribution at t."""
    return exp(-(t**2) / 2) / sqrt(2 * pi)


def gelu(t: Any) -> Expr:
    """t times the normal distribution function at t."""
    return t * normal_distribution(t)


def cubic(t: Any) -> Expr:
    """The argument of the tanh that stands in for the error function in GELU."""
    return sqrt(2 / pi) * (t + 44715 * t**3 / 1000000)


def approximate_gelu(t: Any) -> Expr:
    """GELU with a tanh in the place of the error function."""
    return t * (1 + tanh(cubic(t))) / 2


def leaky_relu(t: Any) -> Expr:
    """t above 0, alpha t below."""
    return Piecewise((t, t > 0), (alpha * t, True))


def elu(t: Any) -> Expr:
    """t above 0, alpha (exp(t) - 1) below."""
    return Piecewise((t, t > 0), (alpha * (exp(t) - 1), True))


def _of_name(name: str) -> Expr:
    return Function(name, real=True)(t)


def sigmoid_function() -> Definition:
    """The logistic function σ, from the real line onto the numbers between 0 and 1."""
    return Definition(sigmoid(t), sigmoid(t).rewrite(exp))


def softplus_function() -> Definition:
    """Softplus, the smooth ramp; its slope is the logistic function."""
    return Definition(_of_name("softplus"), softplus(t))


def silu_function() -> Definition:
    """SiLU, or swish: a number times its logistic function.

    Reference: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning, 2018.
    """
    return Definition(_of_name("SiLU"), silu(t))


def gelu_function() -> Definition:
    """GELU: a number times the probability that a standard normal variable lies below it.

    Reference: Hendrycks and Gimpel, Gaussian error linear units (GELUs), 2016.
    """
    return Definition(_of_name("GELU"), gelu(t))


def normal_distribution_function() -> Definition:
    """The normal distribution function: the probability that a standard normal variable lies below t."""
    return Definition(_of_name(r"\Phi"), normal_distribution(t))


def normal_density_function() -> Definition:
    """The density of the standard normal distribution, the slope of its distribution function."""
    return Definition(_of_name(r"\varphi"), normal_density(t))


def approximate_gelu_function() -> Definition:
    """GELU with a tanh in the place of the error function: the form that many checkpoints were trained with.

    Reference: Hendrycks and Gimpel, Gaussian error linear units (GELUs), 2016.
    """
    return Definition(_of_name("GELU_tanh"), approximate_gelu(t))


def relu_function() -> Definition:
    """ReLU: the larger of a number and 0."""
    return Definition(_of_name("ReLU"), relu(t))


def leaky_relu_function() -> Definition:
    """Leaky ReLU, with the slope α below 0."""
    return Definition(_of_name("LeakyReLU"), leaky_relu(t))


def elu_function() -> Definition:
    """ELU, which bends into the level −α below 0.

    Reference: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential linear units
    (ELUs), 2016.
    """
    return Definition(_of_name("ELU"), elu(t))


# -- slopes ----------------------------------------------------------------------------------------------------------


def _slope(f: Any, slope: Any) -> Eq:
    return equation(Derivative(f(t), t), slope(t))


def sigmoid_slope() -> Eq:
    """The slope of the logistic function is made of its own value: σ times what it lacks of 1.

    Catalogue: 40.

    >>> prove(sigmoid_slope()).scope
    'every value of t'
    """
    return _slope(sigmoid, lambda t: sigmoid(t) * (1 - sigmoid(t)))


def tanh_slope() -> Eq:
    """The slope of tanh is 1 less the square of its own value.

    Catalogue: 40.

    >>> prove(tanh_slope()).scope
    'every value of t'
    """
    return _slope(tanh, lambda t: 1 - tanh(t) ** 2)


def softplus_slope() -> Eq:
    """The slope of softplus is the logistic function.

    Catalogue: 40.

    >>> prove(softplus_slope()).scope
    'every value of t'
    """
    return _slope(softplus, sigmoid)


def silu_slope() -> Eq:
    """The slope of SiLU is the sigmoid of t, times one plus t times what the sigmoid lacks of one.

    Catalogue: 40.

    >>> prove(silu_slope()).scope
    'every value of t'
    """
    return _slope(silu, lambda t: sigmoid(t) * (1 + t * (1 - sigmoid(t))))


def gelu_slope() -> Eq:
    """The slope of GELU is the normal distribution function plus t times the normal density.

    Catalogue: 40.

    >>> prove(gelu_slope()).scope
    'every value of t'
    """
    return _slope(gelu, lambda t: normal_distribution(t) + t * normal_density(t))


def approximate_gelu_slope() -> Eq:
    """The slope of the tanh form of GELU, by the product rule and the slope of the cubic.

    It is not the slope of GELU itself: forward and backward must use the same form.

    Catalogue: 40.

    >>> prove(approximate_gelu_slope()).scope
    'every value of t'
    """
    bend = sqrt(2 / pi) * (1 + 3 * 44715 * t**2 / 1000000)
    slope = (1 + tanh(cubic(t))) / 2 + t * (1 - tanh(cubic(t)) ** 2) * bend / 2
    return equation(Derivative(approximate_gelu(t), t), slope)


def relu_slope() -> Eq:
    """Off its kink the slope of ReLU is the unit step: 1 above 0, and 0 below.

    t is not 0.

    Catalogue: 42.

    >>> prove(relu_slope()).hypotheses
    (Ne(t, 0),)
    """
    return _slope(relu, Heaviside)


def leaky_relu_slope() -> Eq:
    """Off its kink the slope of leaky ReLU is 1 above 0 and α below.

    t is not 0.

    Catalogue: 42.

    >>> prove(leaky_relu_slope()).hypotheses
    (Ne(t, 0),)
    """
    return _slope(leaky_relu, lambda t: Piecewise((1, t > 0), (alpha, True)))


def elu_slope() -> Eq:
    """Off 0 the slope of ELU is 1 above and α exp(t) below.

    t is not 0. With α of 1 the slopes from both sides meet there, and there is no kink.

    Catalogue: 42.

    >>> prove(elu_slope()).hypotheses
    (Ne(t, 0),)
    """
    return _slope(elu, lambda t: Piecewise((1, t > 0), (alpha * exp(t), True)))


# -- gradients -------------------------------------------------------------------------------------------------------


def _of_matrix(name: str, f: Any, A: Any) -> Any:
    """f of each entry of a matrix that prints as one letter, under the function's own name."""
    return named(rf"{name}{{({A})}}", elementwise(f, A))


def entrywise_gradient() -> Eq:
    """Any function applied entry by entry sends the upstream gradient back entry by entry, times its own slope there.

    A and G of shape (C, N); φ any differentiable function of one real number.

    Catalogue: 40.

    >>> prove(entrywise_gradient()).scope
    'every C, N'
    """
    return equation(vjp(G, elementwise(phi, A), A), HadamardProduct(G, elementwise(phi.prime, A)))


def sigmoid_gradient() -> Eq:
    """Through the logistic function: the upstream gradient times the value times what the value lacks of 1.

    A and G of shape (C, N).

    Catalogue: 40.

    >>> prove(sigmoid_gradient()).scope
    'every C, N'
    """
    value = elementwise(sigmoid, A)
    return equation(vjp(G, value, A), HadamardProduct(G, value, all_ones - value))


def tanh_gradient() -> Eq:
    """Through tanh: the upstream gradient times what the square of the value lacks of 1.

    A and G of shape (C, N).

    Catalogue: 40.

    >>> prove(tanh_gradient()).scope
    'every C, N'
    """
    value = elementwise(tanh, A)
    return equation(vjp(G, value, A), HadamardProduct(G, all_ones - HadamardProduct(value, value)))


def softplus_gradient() -> Eq:
    """Through softplus: the upstream gradient times the logistic function.

    A and G of shape (C, N).

    Catalogue: 40.

    >>> prove(softplus_gradient()).scope
    'every C, N'
    """
    value = _of_matrix(r"\operatorname{softplus}", softplus, A)
    return equation(vjp(G, value, A), HadamardProduct(G, elementwise(sigmoid, A)))


def _silu(A: Any) -> Any:
    return HadamardProduct(A, elementwise(sigmoid, A))


def _silu_slopes(A: Any) -> Any:
    value, ones = elementwise(sigmoid, A), OneMatrix(*A.shape)
    return HadamardProduct(value, ones + HadamardProduct(A, ones - value))


def silu_gradient() -> Eq:
    """Through SiLU, the matrix times its logistic function: the upstream gradient times σ times 1 + A ∘ (1 − σ).

    A and G of shape (C, N).

    Catalogue: 40.

    >>> prove(silu_gradient()).scope
    'every C, N'
    """
    return equation(vjp(G, _silu(A), A), HadamardProduct(G, _silu_slopes(A)))


def gelu_gradient() -> Eq:
    """Through GELU, A times Φ: the upstream gradient times the sum of Φ and A times the normal density.

    A and G of shape (C, N).

    Catalogue: 40.

    >>> prove(gelu_gradient()).scope
    'every C, N'
    """
    distribution = _of_matrix(r"\Phi", normal_distribution, A)
    density = _of_matrix(r"\varphi", normal_density, A)
    slopes = distribution + HadamardProduct(A, density)
    return equation(vjp(G, HadamardProduct(A, distribution), A), HadamardProduct(G, slopes))


def relu_gradient() -> Eq:
    """Off its kink, ReLU lets the upstream gradient pass where A is above 0 and stops it where A is below.

    A and G of shape (C, N); no entry of A is 0. H is the unit step.

    Catalogue: 42.

    >>> prove(relu_gradient()).scope
    'every C, N'
    """
    return equation(vjp(G, _of_matrix(r"\operatorname{ReLU}", relu, A), A), HadamardProduct(G, _step(A)))


def _step(A: Any) -> Any:
    return named(rf"H{{({A})}}", elementwise(Heaviside, A))


# -- gates -----------------------------------------------------------------------------------------------------------


def gate_gradient() -> Eq:
    """Of a gate φ(A) ∘ B, the gated side A receives the upstream gradient times B times the slope of φ.

    A, B and G of shape (C, N); φ any differentiable function of one real number.

    Catalogue: 43.

    >>> prove(gate_gradient()).scope
    'every C, N'
    """
    gated = HadamardProduct(elementwise(phi, A), B)
    return equation(vjp(G, gated, A), HadamardProduct(G, B, elementwise(phi.prime, A)))


def gate_value_gradient() -> Eq:
    """Of a gate φ(A) ∘ B, the value B receives the upstream gradient times φ(A).

    A, B and G of shape (C, N); φ any function of one real number.

    Catalogue: 43.

    >>> prove(gate_value_gradient()).scope
    'every C, N'
    """
    gated = HadamardProduct(elementwise(phi, A), B)
    return equation(vjp(G, gated, B), HadamardProduct(G, elementwise(phi, A)))


def _named_silu(A: Any) -> Any:
    return named(rf"\operatorname{{SiLU}}{{({A.name})}}", _silu(A))


def _named_silu_slopes(A: Any) -> Any:
    return named(rf"\operatorname{{SiLU}}'{{({A.name})}}", _silu_slopes(A))


def silu_of_matrix() -> Definition:
    """SiLU of each entry.

    A of shape (C, N).
    """
    return Definition(_named_silu(A), _silu(A))


def silu_slopes_of_matrix() -> Definition:
    """The slope of SiLU at each entry.

    A of shape (C, N).
    """
    return Definition(_named_silu_slopes(A), _silu_slopes(A))


def swiglu_gate_gradient() -> Eq:
    """Of SiLU(A) ∘ B, the gate of SwiGLU, A receives the upstream gradient times B times the slope of SiLU.

    A, B and G of shape (C, N).

    Catalogue: 43.

    Reference: Shazeer, GLU variants improve Transformer, 2020.

    >>> prove(swiglu_gate_gradient()).scope
    'every C, N'
    """
    return equation(vjp(G, HadamardProduct(_named_silu(A), B), A), HadamardProduct(G, B, _named_silu_slopes(A)))


def swiglu_value_gradient() -> Eq:
    """Of SiLU(A) ∘ B, the gate of SwiGLU, B receives the upstream gradient times SiLU(A).

    A, B and G of shape (C, N).

    Catalogue: 43.

    >>> prove(swiglu_value_gradient()).scope
    'every C, N'
    """
    return equation(vjp(G, HadamardProduct(_named_silu(A), B), B), HadamardProduct(G, _named_silu(A)))


def _gated_layer() -> Any:
    """SiLU(A) ∘ B with A = W X and B = V X, which print as one letter each."""
    gate, value = named("A", W * X), named("B", V * X)
    return gate, value, named("Z", HadamardProduct(_named_silu(gate), value))


def swiglu_gate() -> Definition:
    """A SwiGLU layer first forms two linear images of the data. The first is the gated side.

    W of shape (C, D), X of shape (D, N).
    """
    gate, _, _ = _gated_layer()
    return Definition(gate, gate.value)


def swiglu_value() -> Definition:
    """The second is the value.

    V of shape (C, D), X of shape (D, N).
    """
    _, value, _ = _gated_layer()
    return Definition(value, value.value)


def swiglu_result() -> Definition:
    """The layer's result is SiLU of the one, times the other, entry by entry.

    Of shape (C, N).
    """
    _, _, result = _gated_layer()
    return Definition(result, result.value)


def swiglu_weight_gradient() -> Eq:
    """The weights on the gated side of a SwiGLU layer: what its gated side receives, times the data transposed.

    W and V of shape (C, D), X of shape (D, N); L any differentiable loss of the layer's result, of shape (C, N).

    Catalogue: 43.

    >>> prove(swiglu_weight_gradient()).scope
    'every C, D, N'
    """
    gate, value, result = _gated_layer()
    received = HadamardProduct(L.gradient(result), value, _named_silu_slopes(gate))
    return equation(gradient(L(result), W), to_weights(received))


def swiglu_value_weight_gradient() -> Eq:
    """The weights on the side of the values: what that side receives, times the data transposed.

    W and V of shape (C, D), X of shape (D, N); L any differentiable loss of the layer's result, of shape (C, N).

    Catalogue: 43.

    >>> prove(swiglu_value_weight_gradient()).scope
    'every C, D, N'
    """
    gate, _, result = _gated_layer()
    return equation(gradient(L(result), V), to_weights(HadamardProduct(L.gradient(result), _named_silu(gate))))


def swiglu_data_gradient() -> Eq:
    """The data of a SwiGLU layer receive from both sides, each through its own weights transposed.

    W and V of shape (C, D), X of shape (D, N); L any differentiable loss of the layer's result, of shape (C, N).

    Catalogue: 43.

    >>> prove(swiglu_data_gradient()).scope
    'every C, D, N'
    """
    gate, value, result = _gated_layer()
    by_gate = HadamardProduct(L.gradient(result), value, _named_silu_slopes(gate))
    by_value = HadamardProduct(L.gradient(result), _named_silu(gate))
    return equation(gradient(L(result), X), W.T * by_gate + V.T * by_value)


# -- kinks -----------------------------------------------------------------------------------------------------------


def relu_above_its_lines() -> Eq:
    """ReLU less the line of slope u through the origin is a mixture of two ramps, with the weights 1 − u and u.

    z and u real. For u from 0 to 1 no weight is negative, so ReLU lies on or above the line everywhere: u is a
    subgradient at 0.

    Catalogue: 42.

    >>> prove(relu_above_its_lines()).scope
    'every value of u, z'
    """
    return equation(relu(z) - u * z, (1 - u) * relu(z) + u * relu(-z))


def relu_above_zero() -> Eq:
    """At a positive a, ReLU exceeds the line of slope u through the origin by 1 − u times a.

    u real, a positive. A subgradient u at 0 cannot exceed 1.

    Catalogue: 42.

    >>> prove(relu_above_zero()).scope
    'every value of u and every positive a'
    """
    return equation(Max(0, a, evaluate=False) - u * a, (1 - u) * a)


def relu_below_zero() -> Eq:
    """At −a, below 0, ReLU exceeds the line of slope u through the origin by u times a.

    u real, a positive. A subgradient u at 0 cannot be negative.

    Catalogue: 42.

    >>> prove(relu_below_zero()).scope
    'every value of u and every positive a'
    """
    return equation(Max(0, -a, evaluate=False) + u * a, u * a)


def maximum_gradient() -> Eq:
    """Where A and B differ, the larger one receives the whole upstream gradient; here what A receives of max(A, B).

    A, B and G of shape (C, N); no entry of A equals its entry of B. The maximum is written B + ReLU(A − B); H is the
    unit step.

    Catalogue: 42.

    >>> prove(maximum_gradient()).scope
    'every C, N'
    """
    larger = B + _of_matrix(r"\operatorname{ReLU}", relu, A - B)
    return equation(vjp(G, larger, A), HadamardProduct(G, _step(A - B)))


def tie_above_its_planes() -> Eq:
    """At a tie, max less the plane of slopes u and 1 − u is a mixture of two ramps, with the weights u and 1 − u.

    z and w are how far the two arguments are moved from the tie at c. For u from 0 to 1 no weight is negative: the pair
    (u, 1 − u) is a subgradient of max at a tie.

    Catalogue: 42.

    >>> prove(tie_above_its_planes()).scope
    'every value of c, u, w, z'
    """
    plane = c + u * z + (1 - u) * w
    return equation(Max(c + z, c + w) - plane, u * relu(w - z) + (1 - u) * relu(z - w))


def tie_above_any_plane() -> Eq:
    """At a tie, max less the plane of any slopes u and v is two ramps, and 1 − u − v times the second argument's move.

    z and w are how far the two arguments are moved from the tie at c. Move both by the same amount: both ramps are 0,
    and what is left has either sign unless u + v is 1. The two shares of a subgradient add up to 1.

    Catalogue: 42.

    >>> prove(tie_above_any_plane()).scope
    'every value of c, u, v, w, z'
    """
    plane = c + u * z + v * w
    return equation(Max(c + z, c + w) - plane, u * relu(w - z) + (1 - u) * relu(z - w) + (1 - u - v) * w)
