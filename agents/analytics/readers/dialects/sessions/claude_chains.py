"""Which context a line of Claude Code belongs to: the session's own, or that of an agent."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.analytics.readers.dialects.sessions.log import SessionLog
from agents.analytics.readers.dialects.sessions.shape import a_text
from agents.analytics.readers.dialects.sessions.timeline import Chain

UNKNOWN_AGENT = "subagent"


@dataclass(slots=True)
class Position:
    """Where a line stands: its context, and how many requests that had by then."""

    chain: Chain
    count: int


@dataclass(slots=True)
class ClaudeChains:
    """
    Every line names its parent. A session that is resumed goes on in a new file with another id,
    whose first new line names the last one of the old file: that is one context.
    """

    log: SessionLog
    positions: dict[str, Position] = field(default_factory=dict)  # by a line's uuid

    def of(self, line: Mapping[str, Any]) -> Chain:
        session = session_of(line) or "session"
        above = a_text(line.get("parentUuid")) or a_text(line.get("logicalParentUuid"))
        parent = self.positions.get(above or "")
        if not is_side(line):
            return parent.chain if parent else self.log.chain(session)
        if agent := a_text(line.get("agentId")) or a_text(line.get("parent_tool_use_id")):
            return self._side(f"{session}/{agent}")
        if parent and parent.chain.agent != "main":
            return parent.chain
        return self._side(f"{session}/{a_text(line.get('uuid')) or 'side'}")

    def note(self, line: Mapping[str, Any], chain: Chain) -> None:
        if uuid := a_text(line.get("uuid")):
            self.positions[uuid] = Position(chain, chain.count)

    def name_agents(self, types: Mapping[str, str]) -> None:
        """Say of each agent what `types` (by its id or by its chain's) have learnt."""
        for chain in self.log.chains.values():
            if chain.agent != "main":
                agent = chain.id.rsplit("/", 1)[-1]
                chain.agent = types.get(agent) or types.get(chain.id) or UNKNOWN_AGENT

    def _side(self, name: str) -> Chain:
        chain = self.log.chain(name)
        chain.agent = UNKNOWN_AGENT
        return chain


def session_of(line: Mapping[str, Any]) -> str | None:
    return a_text(line.get("sessionId")) or a_text(line.get("session_id"))


def is_side(line: Mapping[str, Any]) -> bool:
    return line.get("isSidechain") is True or a_text(line.get("parent_tool_use_id")) is not None
