"""Slips on the way back through layers."""

from sympy import Eq, HadamardProduct, MatrixSymbol, Symbol

from lossgrad.expressions import elementwise, equation, gradient
from lossgrad.notation import H, L, N, X, phi
from lossgrad.theorems import depth

R = MatrixSymbol("R", H, H)
A = MatrixSymbol("A", H, N)
d, n = (Symbol(letter, integer=True, nonnegative=True) for letter in "dn")


def slope_left_out() -> Eq:
    """The slope of φ is left out on the way back.

    Corrected by: depth.inner_weight_gradient.
    """
    return equation(depth.inner_weight_gradient().lhs, depth.W_2.T * L.gradient(depth.A_2) * X.T)


def slope_at_what_came_out() -> Eq:
    """The slope of φ is taken at what came out of φ, not at what went in.

    Corrected by: depth.inner_weight_gradient.
    """
    back = HadamardProduct(depth.W_2.T * L.gradient(depth.A_2), elementwise(phi.prime, depth.H_1))
    return equation(depth.inner_weight_gradient().lhs, back * X.T)


def weights_not_transposed() -> Eq:
    """The way back uses the weights as they are. When two layers have the same width, every shape fits.

    Corrected by: depth.backward_step.
    """
    after = R * elementwise(phi, A)
    return equation(gradient(L(after), A), HadamardProduct(R * L.gradient(after), elementwise(phi.prime, A)))


def skip_forgotten() -> Eq:
    """A residual layer sends back what came through the branch, and forgets the path around it.

    Corrected by: depth.residual_gradient.
    """
    right = depth.residual_gradient()
    return equation(right.lhs, right.rhs - depth.G)


def repeated_token_overwritten() -> Eq:
    """A word of the embedding table receives the gradient of one place where it stands, not the sum over all of them.

    Corrected by: depth.embedding_gradient.
    """
    return equation(depth.embedding_gradient().lhs[d, depth.k[n]], L.gradient(depth.looked_up)[d, n])


def lora_scale_forgotten() -> Eq:
    """The scale α/R of a LoRA adapter is applied forward and forgotten backward.

    Corrected by: depth.lora_up_gradient.
    """
    right = depth.lora_up_gradient()
    return equation(right.lhs, L.gradient(depth.adapted) * (depth.A_r * X).T)
