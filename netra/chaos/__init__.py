"""Hurts a Netra of its own on purpose, and counts what its clients lose by it."""
