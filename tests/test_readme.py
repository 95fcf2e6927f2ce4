"""What the README shows works as it stands there."""

import os
import re
import subprocess
import sys
from pathlib import Path

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
