"""The failure cases of agents/README.md and the tests that prove them cite each other."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.stack import ROOT

ROW = re.compile(r"^\| (F\d+) \|", re.MULTILINE)
CITATION = re.compile(r"^\s*# (F\d+(?:, F\d+)*)$")


def described() -> list[str]:
    return ROW.findall((ROOT / "agents" / "README.md").read_text())


def functions_in(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def citations() -> Iterator[tuple[str, str]]:
    """A test, and a number in the comment right above it."""
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        lines = file.read_text().splitlines()
        for test in functions_in(file):
            if not test.name.startswith("test_"):
                continue
            first = min([test.lineno, *(mark.lineno for mark in test.decorator_list)])
            if cited := CITATION.match(lines[first - 2]):
                for number in cited[1].split(", "):
                    yield f"{file.relative_to(ROOT)}: {test.name}", number


def test_the_cases_are_numbered_in_order() -> None:
    assert described() == [f"F{number}" for number in range(1, len(described()) + 1)]


def test_every_case_is_proved_and_no_test_cites_another() -> None:
    cited = {number for _, number in citations()}
    assert set(described()) - cited == set()
    assert {test for test, number in citations() if number not in described()} == set()


def test_citations_stand_right_above_tests() -> None:
    files = sorted((ROOT / "tests").rglob("*.py"))
    lines = [line for file in files for line in file.read_text().splitlines()]
    written = [
        number
        for line in lines
        if (cited := CITATION.match(line))
        for number in cited[1].split(", ")
    ]
    assert sorted(written) == sorted(number for _, number in citations())
