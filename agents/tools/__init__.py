"""What agents can do: typed functions over the arithmetic of `analytics`."""
