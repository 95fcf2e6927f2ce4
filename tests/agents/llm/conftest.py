"""The fixtures of the models' tests."""

from tests.agents.desk import desk as desk
