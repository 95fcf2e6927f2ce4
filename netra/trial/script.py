"""What a trial run does, as its question says it: known to who asks and to the model."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Script:
    """
    `responses` of the model that each ask for `calls` of the ledger tool, then an answer.

    `pause` (s) is how long a response takes, and a call. `label` names the run in the ledger.
    """

    label: str
    responses: int = 4
    calls: int = 2
    pause: float = 0.2

    @classmethod
    def read(cls, text: str) -> Self:
        return cls(**json.loads(text))

    def __str__(self) -> str:
        return json.dumps(asdict(self))

    def entry(self, response: int, call: int) -> str:
        """What one call writes into the ledger."""
        return f"{self.label}/{response}.{call}"

    @property
    def entries(self) -> list[str]:
        """All effects that the run has, each once."""
        return [
            self.entry(response, call)
            for response in range(self.responses)
            for call in range(self.calls)
        ]
