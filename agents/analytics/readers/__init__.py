"""Usage logs in any known format become one table of normalised columns."""
