"""SQL that somebody else wrote, over named data sets, in a process that can do nothing else."""
