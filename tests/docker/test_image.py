"""The image holds all of Netra, and its recipe keeps the usual rules."""

import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

from tests.docker.compose import DOCKER
from tests.optional import missing
from tests.stack import ROOT

PACKAGES = ("accounts", "agents", "netra", "realtime")
DOCKERFILE = (DOCKER / "Dockerfile").read_text()


def test_the_linter_finds_nothing() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    if not hadolint.exists():
        missing("install the tests' packages anew: pip install -e '.[test]'")
    done = subprocess.run(
        [hadolint, DOCKER / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_file_of_netra_is_installed(tmp_path: Path) -> None:
    """The image has Netra from a wheel, where only what pyproject.toml names arrives."""
    tracked = subprocess.run(
        ["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    source = tmp_path / "source"
    for name in [*tracked, "pyproject.toml", "README.md", "LICENSE"]:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            *("--no-build-isolation", "--wheel-dir", tmp_path, source),
        ],
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("netra-*.whl")
    needed = {name for name in tracked if not name.endswith(".md")}
    assert needed - set(ZipFile(wheel).namelist()) == set()


def test_the_build_gets_what_it_copies_and_nothing_else() -> None:
    allowed = set(re.findall(r"^!(.+)$", (ROOT / ".dockerignore").read_text(), re.M))
    assert allowed == {"LICENSE", "README.md", "manage.py", "pyproject.toml", *PACKAGES}
    assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"


def test_it_runs_as_a_user_without_rights() -> None:
    final = DOCKERFILE.rpartition("FROM ")[2]
    (user,) = re.findall(r"^USER (\d+):\d+$", final, re.M)
    assert int(user) > 0
    assert "chown" not in final  # the code is not its user's to change
