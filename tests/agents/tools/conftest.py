"""The fixtures of the tools' tests."""

from tests.agents.desk import desk as desk
