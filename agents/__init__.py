"""What an agent is and how a run of one happens; knows no sockets."""
