"""What sessions of coding assistants send again and again, and what of it could be spared."""
