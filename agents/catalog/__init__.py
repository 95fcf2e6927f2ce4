"""What Netra ships as data: its agents, and a usage log to try them on."""
