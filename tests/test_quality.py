"""Format, lint and types are kept by the tests, not by memory."""

import subprocess
import sys
from pathlib import Path

import pytest

from netra.management.commands.verify import PACKAGES
from tests.stack import ROOT

TOOLS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy", *PACKAGES],
}


@pytest.mark.parametrize("name", TOOLS)
def test_the_code_passes(name: str) -> None:
    tool, *arguments = TOOLS[name]
    command = [str(Path(sys.executable).with_name(tool)), *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
