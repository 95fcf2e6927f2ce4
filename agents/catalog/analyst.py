"""The built-in analyst as configurations name it; what it does is in `agents.llm.builtin`."""

from enum import StrEnum

BUILTIN = "builtin"  # in place of provider:model


class Plan(StrEnum):
    """What the analyst does for an agent."""

    DATA_ANALYSIS = "data_analysis"
    OPTIMIZATION = "optimization"
