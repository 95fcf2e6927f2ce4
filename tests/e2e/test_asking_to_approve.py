"""`manage.py ask` over calls that wait for approval: at a terminal, and without one."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field

import httpx
import pytest

from netra.client import Client, ClientError
from tests.cast import PASSWORD
from tests.chat import Frame
from tests.e2e.test_approvals import paid, pay
from tests.stack import PATIENCE_SECONDS, ROOT, Stack, until


def command(stack: Stack, entry: str) -> list[str]:
    script = json.dumps([{"calls": [pay(entry)]}, {"say": "Settled."}])
    site = ["--url", stack.url, "--token", stack.token("alice")]
    return [sys.executable, "manage.py", "ask", script, "--agent", "actor", *site]


class Terminal:
    """A program that believes somebody sits in front of it."""

    def __init__(self, arguments: list[str], stack: Stack) -> None:
        self.screen, theirs = os.openpty()
        os.set_blocking(self.screen, False)
        self.seen = ""
        self.child = subprocess.Popen(
            arguments,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            env={**stack.environment, "TERM": "dumb"},
        )
        os.close(theirs)

    def shows(self, text: str, times: int = 1) -> bool:
        """Whether that was written so often by now."""
        with suppress(OSError):  # nothing new, or it has closed its side
            self.seen += os.read(self.screen, 65536).decode(errors="replace")
        return self.seen.count(text) >= times

    def type(self, line: str) -> None:
        os.write(self.screen, f"{line}\n".encode())

    def close(self) -> None:
        if self.child.poll() is None:
            self.child.kill()
        self.child.wait(PATIENCE_SECONDS)
        os.close(self.screen)


@pytest.fixture
def terminal(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    with closing(Terminal(command(stack, request.param), stack)) as opened:
        yield opened


@pytest.mark.parametrize(
    ("terminal", "answer", "times"),
    [("typed-yes", "y", 1), ("typed-no", "n", 0)],
    indirect=["terminal"],
)
def test_who_sits_there_is_asked(stack: Stack, terminal: Terminal, answer: str, times: int) -> None:
    until(lambda: terminal.shows("[y/n]"), "the question")
    assert "pay_out waits for approval." in terminal.seen
    terminal.type("perhaps")
    until(lambda: terminal.shows("[y/n]", times=2), "the question again")
    terminal.type(answer)
    until(lambda: terminal.shows("Settled."), "the report")
    assert ("approve by alice" if times else "deny by alice") in terminal.seen
    assert paid(stack, "typed-yes" if times else "typed-no") == times


async def test_without_a_terminal_it_says_how_to_decide(stack: Stack) -> None:
    asking = await asyncio.create_subprocess_exec(
        *command(stack, "piped"),
        cwd=ROOT,
        env=stack.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    assert asking.stdout is not None
    printed = ""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while "with POST" not in printed:
            printed += (await asking.stdout.readline()).decode()
        path = printed.split("with POST ")[1].strip().removeprefix(stack.url)
        denial = {"decision": "deny"}
        answer = await asyncio.to_thread(stack.request, "POST", path, "alice", json=denial)
        assert answer.status_code == 200
        printed += (await asking.stdout.read()).decode()
        assert await asking.wait() == 0
    assert "Settled." in printed
    assert paid(stack, "piped") == 0


@dataclass
class Asking:
    """Somebody whose token is no good any more by the time their call waits."""

    stack: Stack
    frames: Iterator[Frame]
    client: Client
    question: Frame = field(default_factory=dict)

    @classmethod
    def begin(cls, stack: Stack, entry: str, renew: Callable[[], str] | None) -> "Asking":
        with httpx.Client(base_url=f"{stack.url}/api/auth/", trust_env=False) as browser:
            body = {"username": "idler", "password": PASSWORD}
            pair = browser.post("token", json=body).raise_for_status().json()
            client = Client(stack.url, pair["access"], renew)
            script = json.dumps([{"calls": [pay(entry)]}, {"say": "Settled."}])
            message = {"type": "execute_agent", "agent": "actor", "input": script}
            asking = cls(stack, client.ask(message), client)
            asking.question = asking.next("approval_required")
            headers = client.headers
            browser.post("logout", json={"refresh": pair["refresh"]}, headers=headers)
        return asking

    def next(self, kind: str) -> Frame:
        return next(frame for frame in self.frames if frame["type"] == kind)

    def decide(self) -> None:
        data = self.question["data"]
        self.client.decide(self.question["run_id"], data["call_id"], "approve")


def test_who_decides_after_their_token_expired_is_heard(stack: Stack) -> None:
    asking = Asking.begin(stack, "late", lambda: stack.token("idler"))
    asking.decide()
    assert asking.next("agent_completed")["data"]["result"] == "Settled."
    assert paid(stack, "late") == 1


def test_who_has_no_other_token_is_told_so(stack: Stack) -> None:
    asking = Asking.begin(stack, "too-late", None)
    for attempt in (asking.decide, lambda: asking.next("agent_completed")):
        with pytest.raises(ClientError, match=r"[Ll]og in again"):
            attempt()
