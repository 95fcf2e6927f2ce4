"""How a run happens inside a worker process."""
