"""A stand-in for what the cells of a notebook take from IPython."""
