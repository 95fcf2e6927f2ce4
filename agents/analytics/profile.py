"""What a data set holds and what it lacks."""

from pydantic import BaseModel


class Profile(BaseModel):
    """Filled when a file is read."""
