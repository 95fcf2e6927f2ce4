"""The rules that keep the code apart and small, checked with the tests."""

import ast
import re
import statistics
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from tests.stack import ROOT

PACKAGES = ("accounts", "agents", "realtime", "netra")
TOP_LEVEL = {
    "LICENSE",
    "README.md",
    "accounts",
    "agents",
    "docker",
    "manage.py",
    "netra",
    "pyproject.toml",
    "realtime",
    "tests",
}
FILE_MAX, FILE_MEDIAN, FUNCTION_MAX, FUNCTION_P90 = 400, 120, 60, 30  # lines
REPEATED_LINES = 6


def product_files() -> list[Path]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    return [file for file in files if "migrations" not in file.parts]


def functions(file: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_imports_follow_the_contracts() -> None:
    lint_imports = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [lint_imports, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.django_db
def test_models_and_migrations_agree() -> None:
    call_command("makemigrations", "--check", "--dry-run", stdout=StringIO())


def test_the_top_level_holds_what_it_should() -> None:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    first = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {name for name in first if not name.startswith(".")} <= TOP_LEVEL


def test_files_are_small() -> None:
    sizes = {file: len(file.read_text().splitlines()) for file in product_files()}
    assert not [file for file, size in sizes.items() if size > FILE_MAX]
    assert statistics.median(sizes.values()) <= FILE_MEDIAN


def test_functions_are_small_and_typed() -> None:
    sizes = []
    for file in product_files():
        for function in functions(file):
            assert function.end_lineno is not None
            size = function.end_lineno - function.lineno + 1
            sizes.append(size)
            assert size <= FUNCTION_MAX, f"{file}: {function.name} has {size} lines"
            assert function.returns is not None, f"{file}: {function.name} has no return type"
    assert sorted(sizes)[int(len(sizes) * 0.9)] <= FUNCTION_P90


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        file
        for file in product_files()
        if file.read_text().strip()
        and file.name not in ("__init__.py", "apps.py")
        and ast.get_docstring(ast.parse(file.read_text())) is None
    ]
    assert silent == []


def test_nothing_is_mocked() -> None:
    pattern = re.compile(r"unittest\.mock|MagicMock|monkeypatch\.setattr|mocker\.")
    files = [*product_files(), *(ROOT / "tests").rglob("*.py")]
    found = [file for file in files if pattern.search(file.read_text())]
    assert found == [Path(__file__)]


def test_there_is_no_module_for_everything() -> None:
    names = {"utils.py", "helpers.py", "common.py", "misc.py"}
    assert not [file for file in product_files() if file.name in names]


def test_no_six_lines_stand_twice() -> None:
    places: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for file in product_files():
        lines = [line.strip() for line in file.read_text().splitlines()]
        code = [line for line in lines if line and not line.startswith(("#", "from ", "import "))]
        for start in range(len(code) - REPEATED_LINES + 1):
            block = tuple(code[start : start + REPEATED_LINES])
            if len("".join(block)) > 40:  # closing brackets are no repetition
                places[block].append(f"{file.relative_to(ROOT)}: {block[0]}")
    assert not {block: found for block, found in places.items() if len(found) > 1}


def test_only_one_module_reads_the_environment() -> None:
    pattern = re.compile(r"\bos\.environ\b|\bgetenv\b")
    found = {file.name for file in product_files() if pattern.search(file.read_text())}
    assert found == {"env.py", "asgi.py", "celery.py"}
