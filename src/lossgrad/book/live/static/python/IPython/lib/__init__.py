"""What IPython prints with; `pretty` beside it is IPython's own."""
