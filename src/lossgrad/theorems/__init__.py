"""The theorems and definitions of the book, a module a topic, in the order of ``TOPICS``."""

TOPICS: tuple[str, ...] = (
    "example",
    "linear",
    "softmax",
    "targets",
    "classification",
    "regression",
    "contrastive",
    "activations",
    "depth",
    "convolution",
    "normalization",
    "attention",
    "recurrence",
    "curvature",
    "scale",
    "head",
    "iris",
    "corrections",
)
