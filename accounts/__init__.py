"""Users and what proves that a caller is one of them: passwords, tokens, tickets."""
