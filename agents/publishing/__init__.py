"""Carries what happens in a run out of it: stored first, then pushed."""
