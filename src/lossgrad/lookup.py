"""The sixty rules of the catalogue, by what people look them up for.

``RULES`` holds them in groups, in the order of their numbers: what the rule is about, and the theorem that states it
first. A theorem says in its docstring which rule it belongs to (a line ``Catalogue: 17.``), so the others of a rule are
found from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lossgrad import library

__all__ = ["RULES", "Rule", "number", "rules"]


@dataclass(frozen=True)
class Rule:
    """A rule of the catalogue: its number, its group, what it is about, and its theorems, the leading one first."""

    number: int
    group: str
    about: str
    theorems: tuple[str, ...]


RULES: dict[str, tuple[tuple[str, str], ...]] = {
    "Linear maps": (
        ("The gradient as the one matrix that pairs with every direction", "linear.uniqueness"),
        ("Linear layer, any loss: gradient by the weights", "linear.weight_gradient"),
        ("Linear layer, any loss: gradient by the data", "linear.data_gradient"),
        ("Moving a factor to the other side of an inner product", "linear.adjoint_of_right_factor"),
        ("Stacked columns and Kronecker products", "linear.stacked_by_weights"),
        ("Bias: a sum over the examples", "linear.bias_gradient"),
        ("The bias trick: weights and bias side by side", "linear.bias_trick_gradient"),
        ("Examples in rows, and what PyTorch stores", "linear.row_weight_gradient"),
        ("More axes than one: positions, pixels, heads", "linear.trailing_axes"),
        ("Weights used twice: tied auto-encoder", "linear.tied_weights"),
        ("A matrix between two others", "linear.three_factors"),
        ("One example: outer product, rank one", "linear.one_example"),
    ),
    "Softmax and cross-entropy": (
        ("Jacobian of softmax", "softmax.softmax_jacobian"),
        ("Softmax backward (vector-Jacobian product)", "softmax.softmax_vjp"),
        ("Log-sum-exp: gradient and Hessian", "softmax.logsumexp_gradient"),
        ("Cross-entropy by the scores, any targets", "softmax.score_gradient_of_any_targets"),
        ("Softmax cross-entropy of a linear layer: weights, data, bias", "softmax.weight_gradient"),
        ("A number added to a column: what sums to zero", "softmax.score_gradient_sums_to_zero"),
        ("Log-softmax backward", "softmax.log_softmax_vjp"),
        ("Label smoothing", "targets.smoothed_score_gradient"),
        ("Class weights, with and without smoothing", "targets.class_weighted_score_gradient"),
        ("Ignored labels, masks, weights of examples", "targets.masked_score_gradient"),
        ("Temperature and distillation", "targets.temperature_score_gradient"),
        ("z-loss", "targets.z_loss_gradient"),
        ("Soft cap on the scores", "targets.soft_cap_gradient"),
        ("Hessian of cross-entropy by the weights", "curvature.hessian_entry"),
        ("Hessian times a direction", "curvature.hessian_vector_product"),
        ("Fisher information", "curvature.fisher_is_hessian"),
        ("Two classes: softmax is the logistic function", "softmax.two_classes"),
    ),
    "Other losses": (
        ("Squared error in three conventions", "regression.half_squared_error_gradient"),
        ("Ridge penalty, weight decay", "linear.ridge_gradient"),
        ("Binary cross-entropy with scores", "classification.binary_cross_entropy_gradient"),
        ("Multiclass hinge", "classification.hinge_gradient"),
        ("Huber loss", "regression.huber_gradient"),
        ("Focal loss", "classification.focal_gradient"),
        ("Kullback-Leibler divergence, both directions, and Brier score", "classification.kl_gradient"),
        ("InfoNCE and CLIP", "contrastive.clip_gradient"),
        ("Preferences: pairwise logistic loss, DPO", "contrastive.pairwise_logistic_gradient"),
        ("Unit length and cosine similarity", "contrastive.unit_length_jacobian"),
    ),
    "Layers": (
        ("Any activation, and sigmoid, tanh, softplus, SiLU, GELU", "activations.entrywise_gradient"),
        ("A network of any depth: one step back", "depth.backward_step"),
        ("ReLU off its kink; subgradients at kinks and ties", "activations.relu_gradient"),
        ("Gates: SwiGLU", "activations.swiglu_gate_gradient"),
        ("Residual path", "depth.residual_of_any_branch"),
        ("Convolution in one and two dimensions", "convolution.signal_gradient"),
        ("Embedding lookup", "depth.embedding_gradient"),
        ("Attention: queries, keys, values, masks", "attention.query_gradient"),
        ("A free check of any linear layer without bias", "linear.pairing_with_weights"),
        ("LayerNorm", "normalization.layernorm_gradient"),
        ("BatchNorm", "normalization.batchnorm_gradient"),
        ("RMSNorm", "normalization.rmsnorm_gradient"),
        ("Recurrence: backpropagation through time", "recurrence.recurrent_weight_gradient"),
        ("Low-rank adapters: LoRA", "depth.lora_down_gradient"),
    ),
    "Scale and checking": (
        ("How large a step may be", "scale.descent_bound"),
        ("Micro-batches: gradient accumulation", "scale.micro_batches"),
        ("Chunks of a large head, and weights of the examples", "scale.weights_go_inside"),
        ("Log-sum-exp in blocks: streamed softmax", "scale.merged_logsumexp"),
        ("Softmax applied twice", "classification.double_softmax_floor"),
        ("Directional and central differences", "scale.directional_derivative"),
        ("The best step of a central difference", "scale.best_step"),
    ),
}
"""What each rule is about, and the theorem that states it first."""


def rules() -> Iterator[Rule]:
    """The rules in the order of their numbers, each with all its theorems.

    >>> [rule.theorems for rule in rules()][5]
    ('linear.bias_gradient',)
    """
    of_number: dict[int, list[str]] = {}
    for name, theorem in library.theorems().items():
        if (found := number(theorem)) is not None:
            of_number.setdefault(found, []).append(name)
    listed = ((group, about, leading) for group, rows in RULES.items() for about, leading in rows)
    for place, (group, about, leading) in enumerate(listed, 1):
        others = [name for name in of_number.get(place, ()) if name != leading]
        yield Rule(place, group, about, (leading, *others))


def number(theorem: library.Statement) -> int | None:
    """The number of the rule that a theorem belongs to, as its docstring gives it; none for one that is no rule's."""
    found = re.search(r"^\s*Catalogue: (\d+)\.", theorem.__doc__ or "", re.MULTILINE)
    return int(found[1]) if found else None
