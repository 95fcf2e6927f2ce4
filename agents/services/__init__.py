"""What callers may do: plain functions that REST, the socket and the command line share."""
