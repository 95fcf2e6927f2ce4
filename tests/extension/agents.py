"""Agents for tests, made in a stack's database by `Stack.start`."""

from agents.models import Agent, AgentVersion

TOOLS = [
    "block",
    "crash",
    "inspect_data",
    "kill_thread",
    "large",
    "nap",
    "note_half",
    "pay_out",
    "query_data",
    "read_ledger",
    "refuse",
    "report_progress",
    "return_odd",
    "talk_too_long",
    "tally",
    "too_slow",
    "wait_at",
    "wait_once",
    "write_ledger",
]

OPENAI, ANTHROPIC = "openai-chat:gpt-4o-mini", "anthropic:claude-sonnet-4-5"


def install() -> None:
    """`actor` does what its question says; `opener` begins with a look at the data; …"""
    make("actor")
    make("opener", opening_tool="inspect_data")
    make("hasty", timeout_seconds=1)
    make("careful", approval_tools=["wait_at", "wait_once"])
    make("lost", model="openai-chat:gpt-5")
    for name, model in (("on_openai", OPENAI), ("on_anthropic", ANTHROPIC)):
        make(name, model=model, tools=["inspect_data"], opening_tool="inspect_data")
    make("short", step_limit=2)


def make(name: str, **content: object) -> Agent:
    agent = Agent.objects.create(name=name, title=name.title())
    content = {"model": "scripted:", "tools": TOOLS, "source": "admin", **content}
    agent.current = AgentVersion.objects.create(agent=agent, number=1, **content)
    agent.save()
    return agent
