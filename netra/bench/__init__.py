"""Measures delivery and throughput of a Netra that is started for it."""
