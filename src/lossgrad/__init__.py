"""Gradients of loss functions as theorems: stated in SymPy, proved for every shape, printed from the proof."""
