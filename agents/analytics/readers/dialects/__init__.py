"""Formats whose fields are documented, one module each, so that nothing about them is guessed."""
