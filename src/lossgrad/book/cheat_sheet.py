"""The cheat sheet: the gradients of the book on two pages, printed from the theorems.

    ```{cheat-sheet}
    ```

prints every family below: of each theorem its title, its equation and its hypotheses, of each definition what a name
stands for, both linked to their homes. Nothing on it is typed but the headings and which statement stands where.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from lossgrad import library
from lossgrad.book import records
from lossgrad.book.directives import Division, linked, printed
from lossgrad.book.domain import StatementDomain
from lossgrad.printing import latex


class Family(NamedTuple):
    """Statements that stand together, by name."""

    heading: str
    names: tuple[str, ...]


def _family(heading: str, topic: str, names: str) -> Family:
    return Family(heading, tuple(name if "." in name else f"{topic}.{name}" for name in names.split()))


SHEET = (
    _family(
        "Linear layer",
        "linear",
        """weight_gradient data_gradient weight_vjp data_vjp bias_gradient ridge_gradient three_factors
        tied_weights pairing_with_weights""",
    ),
    _family(
        "Linear layer, an example a row",
        "linear",
        "row_weight_gradient row_data_gradient row_bias_gradient pytorch_weight_gradient",
    ),
    _family(
        "Softmax and cross-entropy",
        "softmax",
        """softmax_jacobian softmax_vjp log_softmax_vjp logsumexp_gradient score_gradient
        score_gradient_of_any_targets weight_gradient data_gradient bias_gradient score_gradient_sums_to_zero""",
    ),
    _family(
        "Targets, weights, masks",
        "targets",
        """smoothed_targets smoothed_score_gradient class_weighted_score_gradient masked_score_gradient
        temperature_score_gradient distillation_score_gradient z_loss_gradient soft_cap_gradient""",
    ),
    _family(
        "Other classification losses",
        "classification",
        """binary_cross_entropy_gradient positive_weight_gradient margins violations hinge_gradient
        true_probabilities focal_factor focal_gradient probabilities kl_gradient reverse_kl_gradient brier_gradient""",
    ),
    _family(
        "Regression",
        "regression",
        """half_squared_error_gradient mean_squared_error_gradient linear_regression_gradient huber_gradient
        absolute_error_gradient quantile_gradient log_cosh_gradient gaussian_mean_gradient
        gaussian_log_variance_gradient poisson_gradient""",
    ),
    _family(
        "Contrastive and preference losses",
        "contrastive",
        """infonce_gradient clip_gradient similarity_gradient_of_the_first similarity_gradient_of_the_second
        learned_scale_gradient pairwise_logistic_gradient dpo_gradient_of_the_chosen unit_length unit_length_vjp
        cosine_similarity_gradient""",
    ),
    _family(
        "Activations and gates",
        "activations",
        """entrywise_gradient sigmoid_slope tanh_slope softplus_slope silu_slope gelu_slope relu_slope
        leaky_relu_slope elu_slope gate_gradient gate_value_gradient maximum_gradient""",
    ),
    _family(
        "Depth",
        "depth",
        """first_layer second_layer hidden_delta outer_weight_gradient inner_weight_gradient inner_bias_gradient
        data_gradient residual_gradient embedding_gradient lora_up_gradient lora_down_gradient""",
    ),
    _family(
        "Convolution",
        "convolution",
        "correlation convolution tap_gradient signal_gradient transposed_signal_gradient patches_gradient",
    ),
    _family(
        "LayerNorm",
        "normalization",
        """layernorm_variance layernorm_scale layernorm_normal layernorm scaled_upstream layernorm_mean
        layernorm_share layernorm_gradient layernorm_gain_gradient layernorm_shift_gradient""",
    ),
    _family("RMSNorm", "normalization", "rmsnorm_scale rmsnorm_normal rmsnorm rmsnorm_share rmsnorm_gradient"),
    _family(
        "BatchNorm",
        "normalization",
        """batchnorm_variance batchnorm_scale batchnorm_normal batchnorm batchnorm_mean batchnorm_share
        batchnorm_gradient batchnorm_evaluation_gradient""",
    ),
    _family(
        "Attention",
        "attention",
        """scores weights result weight_upstream score_upstream value_gradient query_gradient key_gradient
        mask_gradient score_gradient_from_result""",
    ),
    _family(
        "Recurrence",
        "recurrence",
        """last_delta middle_delta first_delta recurrent_weight_gradient input_weight_gradient
        initial_state_gradient""",
    ),
    _family(
        "Curvature",
        "curvature",
        "score_hessian hessian_entry moved_scores weighted_move hessian_vector_product flat_directions",
    ),
    _family(
        "At scale",
        "scale",
        "two_micro_batches micro_batches weights_go_inside merged_maximum merged_sum directional_derivative",
    ),
)
"""What stands on the sheet, in its order."""


def setup(app: Sphinx) -> None:
    """Register the directive, and give its page the style of a sheet."""
    app.add_directive("cheat-sheet", CheatSheet)
    app.connect("html-page-context", style_sheet)


class CheatSheet(SphinxDirective):
    """``{cheat-sheet}``: all families."""

    def run(self) -> list[nodes.Node]:
        self.env.metadata[self.env.docname]["cheat-sheet"] = True
        try:
            return [Division("", *map(self.family, SHEET), classes=["cheat-sheet"])]
        except Exception as refusal:  # as in StatementBox.run
            StatementDomain.of(self.env).note_fault(self.lineno, f"cheat-sheet: {refusal}")
            return []

    def family(self, family: Family) -> Division:
        heading = nodes.rubric("", family.heading, classes=["sheet-heading"])
        heading["heading-level"] = 2
        return Division("", heading, *map(self.entry, family.names), classes=["sheet-family"])

    def entry(self, name: str) -> Division:
        """A statement: its title as a link, its two sides, its hypotheses."""
        package = self.config.lossgrad_package
        if name in library.definitions(package):
            kind, definition = "definition", library.stated(library.definitions(package)[name])
            sides, where = [latex(definition)], []
        else:
            kind, proof = "theorem", records.proof(name, package, Path(self.config.lossgrad_records))
            sides, where = [proof.lhs, f"{{}} = {proof.rhs}"], proof.hypotheses
        title = linked(kind, name, nodes.inline("", library.title(name)), self.env)
        formula = nodes.paragraph("", "", *self.spaced(sides, name), classes=["sheet-formula"])
        parts = [nodes.paragraph("", "", title, classes=["sheet-title"]), formula]
        if where:
            parts.append(nodes.paragraph("", "where ", *self.spaced(where, name, ", "), classes=["sheet-where"]))
        return Division("", *parts, classes=["sheet-entry", f"sheet-{kind}"], printed_from=name)

    def spaced(self, formulas: list[str], name: str, between: str = " ") -> Iterator[nodes.Node]:
        """Formulas in a line, which may end between two of them."""
        for place, tex in enumerate(formulas):
            if place:
                yield nodes.Text(between)
            yield printed(tex, name, self.env)


def style_sheet(app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None) -> None:
    """Give the page of the sheet its style, on paper too."""
    if "cheat-sheet" in app.env.metadata.get(page, {}):
        app.add_css_file("cheat-sheet.css")
