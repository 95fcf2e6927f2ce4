"""What the README shows works as it stands there."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.stack import ROOT, Stack

README = (ROOT / "README.md").read_text()


def test_the_ten_lines_of_python_ask_and_are_answered(stack: Stack, tmp_path: Path) -> None:
    code = next(
        block for block in re.findall(r"```python\n(.*?)```", README, re.S) if "connect" in block
    )
    assert len(code.strip().splitlines()) <= 11
    program = tmp_path / "client.py"
    program.write_text(code.replace("ws://127.0.0.1:8002/ws", stack.socket_url))
    done = subprocess.run(
        [sys.executable, program],
        env={**os.environ, "TOKEN": stack.token("alice")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "agent_started" in done.stdout
    assert "agent_completed" in done.stdout


def test_the_commands_that_configure_an_agent_do_so(stack: Stack) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", README, re.S)
    commands = next(block for block in blocks if "$AGENTS" in block)
    done = subprocess.run(
        ["bash", "-c", commands.replace("http://127.0.0.1:8002", stack.url)],
        env={**os.environ, "TOKEN": stack.token("dora")},
        capture_output=True,
        check=True,
        timeout=60,
    )
    made, configured, versions, back, changed = answers(done.stdout.decode())
    assert (made["name"], made["version"]) == ("cost_watch", 1)
    assert (configured["version"], configured["cost_limit_usd"]) == (2, "0.5")
    assert [version["version"] for version in versions["results"]] == [2, 1]
    assert (back["version"], back["model"]) == (3, "")
    assert (changed["aliases"], changed["access"]) == (["finance_agent"], "public")


def answers(printed: str) -> Iterator[Any]:
    """JSON values that stand one behind the other."""
    at = 0
    while at < len(printed):
        value, at = json.JSONDecoder().raw_decode(printed, at)
        yield value


def test_every_setting_is_listed() -> None:
    named = set(re.findall(r"\bNETRA_[A-Z_]+\b", (ROOT / "netra/settings.py").read_text()))
    listed = {name.removesuffix("_FILE") for name in re.findall(r"\bNETRA_[A-Z_]+\b", README)}
    assert named - listed == set()


def test_every_command_is_listed() -> None:
    commands = {file.stem for file in ROOT.glob("*/management/commands/[!_]*.py")}
    listed = set(re.findall(r"manage\.py (\w+)", README)) | {"loginlink"}
    assert commands <= listed


def test_ci_runs_the_readmes_test_command() -> None:
    command = next(line for line in README.splitlines() if line.endswith("-m pytest"))
    assert command in (ROOT / ".ci/run").read_text()


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
