"""The admin's pages of agents; importing it registers them."""

from agents.admin import agents as agents
from agents.admin import datasets as datasets
from agents.admin import runs as runs
from agents.admin import threads as threads
from agents.admin import users as users
from agents.admin import versions as versions
from agents.admin import workers as workers
