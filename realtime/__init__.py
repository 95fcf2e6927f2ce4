"""The live doors: the socket and the chat page."""
