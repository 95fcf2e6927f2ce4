"""REST: agents, runs, threads, data sets."""
