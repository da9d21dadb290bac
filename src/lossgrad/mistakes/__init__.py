"""Famous mistakes, a module a topic, in the order of ``TOPICS``: false equations, refuted where they are shown."""

TOPICS: tuple[str, ...] = (
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
    "source",
)
