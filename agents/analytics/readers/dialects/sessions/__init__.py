"""Session logs of coding assistants: one module for each assistant and concern."""
