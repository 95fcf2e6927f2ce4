"""A Netra of its own, made to be hurt or measured, and clients that check what it delivers."""
