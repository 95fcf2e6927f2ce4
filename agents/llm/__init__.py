"""The models that agents think with."""
