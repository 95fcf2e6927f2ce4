"""Tools and a model for tests, loaded into real workers through NETRA_EXTENSIONS."""

from tests.extension import scripted as scripted
from tests.extension import tools as tools
