"""What shell commands are taken for."""

import pytest

from agents.analytics.readers.dialects.sessions.shell import deed_of
from agents.analytics.readers.dialects.sessions.timeline import Deed

HOME = "/code"


@pytest.mark.parametrize(
    ("command", "target", "lines"),
    [
        ("cat a.py", "/code/a.py", (None, None)),
        ("cat /etc/hosts", "/etc/hosts", (None, None)),
        ("sed -n '1,240p' README.md", "/code/README.md", (1, 240)),
        ("sed -n 5p a.py", "/code/a.py", (5, 5)),
        ("sed -n '9,$p' a.py", "/code/a.py", (9, None)),
        ("head -n 50 a.py", "/code/a.py", (1, 50)),
        ("head -20 a.py", "/code/a.py", (1, 20)),
        ("nl -ba a.py | sed -n '3,8p'", "/code/a.py", (3, 8)),
        ("cat a.py | head -5", "/code/a.py", (1, 5)),
        ("cd src && cat ../a.py", "/code/a.py", (None, None)),
        ("cat a.py b.py", "/code/a.py /code/b.py", (None, None)),
    ],
)
def test_reads_of_named_lines(command: str, target: str, lines: tuple[int, int]) -> None:
    assert deed_of(command, HOME) == Deed("read", target, *lines)
    assert deed_of(["bash", "-lc", command], HOME) == Deed("read", target, *lines)


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("rg -n 'compute\\(' src | head -50", "search"),
        ("ls -la", "search"),
        ("git status", "search"),
        ("git commit -m x", "run"),
        ("find . -name '*.pyc' -delete", "run"),
        ("grep x a > b", "run"),
        ("cat a.py > b.py", "run"),
        ("cat a.py; rm a.py", "run"),
        ("cat a.py && make", "run"),
        ("sed -i s/a/b/ a.py", "run"),
        ("tail -n 5 a.log", "run"),
        ("cat a.py | python", "run"),
        ("npm test", "run"),
        ("echo 'not closed", "run"),
        ("cat $(ls)", "run"),
        ("", "run"),
        ("cd src &&", "run"),
        ("rg x src 2>&1 | sort | head", "search"),
        ("ls src 2>/dev/null", "search"),
        ("git status && make", "run"),
        ("ls && rm -rf x", "run"),
        ("echo a && rm b", "run"),
        ("ls\nmake", "run"),
        ("cat a.py\nrm a.py", "run"),
        ("find . | xargs rm", "run"),
        ("ls | sh", "run"),
        ("fd x -x rm", "run"),
        ("env A=1 make", "run"),
        ("head -c 100 a.py", "run"),
    ],
)
def test_what_may_do_more_than_read_is_not_taken_for_reading(command: str, action: str) -> None:
    assert deed_of(command, HOME).action == action


def test_a_patch_in_a_command_changes_its_files() -> None:
    command = "apply_patch <<'E'\n*** Begin Patch\n*** Update File: a.py\n*** Add File: /b\nE"
    assert deed_of(command, HOME) == Deed("edit", "/code/a.py", changes=("/code/a.py", "/b"))


def test_of_a_command_of_several_lines_only_the_first_is_kept() -> None:
    found = deed_of("cat > .env <<'E'\nKEY=secret\nE", HOME)
    assert found == Deed("run", "cat > .env <<'E' …")
