"""The agents and the data that Netra ships, as data."""
