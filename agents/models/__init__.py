"""What is stored. Rules that rows must obey are constraints; rules for callers are in services."""

from agents.models.agent import Access as Access
from agents.models.agent import Agent as Agent
from agents.models.agent import AgentAlias as AgentAlias
from agents.models.agent import AgentVersion as AgentVersion
from agents.models.calls import Approval as Approval
from agents.models.calls import Decision as Decision
from agents.models.calls import ToolCall as ToolCall
from agents.models.dataset import Dataset as Dataset
from agents.models.live import LiveTraces as LiveTraces
from agents.models.live import StagedSpan as StagedSpan
from agents.models.run import Run as Run
from agents.models.steps import ModelMessage as ModelMessage
from agents.models.steps import RunEvent as RunEvent
from agents.models.thread import Message as Message
from agents.models.thread import Role as Role
from agents.models.thread import Thread as Thread
from agents.models.worker import Worker as Worker
