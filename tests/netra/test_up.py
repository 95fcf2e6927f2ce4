"""`manage.py up` as a user meets it: real processes, ports, signals."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import psutil
import pytest

from tests.stack import ROOT, WITHOUT_TLS, free_port, until


@dataclass
class Up:
    """One `up`, with what it prints."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None
    reader: "subprocess.Popen[bytes] | None" = None

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("NETRA_")}
        return {**kept, "NETRA_DATA_DIR": str(self.home)}

    @property
    def output(self) -> str:
        return (self.home / "output").read_text() if (self.home / "output").exists() else ""

    @property
    def running(self) -> psutil.Process:
        assert self.process is not None
        return psutil.Process(self.process.pid)

    def start(self, *options: str) -> None:
        """What it prints goes through a program that may end sooner, as in `up | tee`."""
        self.read_to_the_end()
        with (self.home / "output").open("wb") as out:
            self.reader = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=out)
        assert self.reader.stdin is not None
        with self.reader.stdin as pipe:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--port", str(self.port), *options],
                cwd=ROOT,
                env=self.environment,
                stdout=pipe,
                stderr=pipe,
            )
        until(self._settled, "up is not ready")
        assert "Netra is ready" in self.output, self.output

    def _settled(self) -> bool:
        assert self.process is not None
        return "Netra is ready" in self.output or self.process.poll() is not None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=False,
            capture_output=True,
            text=True,
        )

    def child(self, name: str) -> psutil.Process:
        return next(
            child
            for child in self.running.children(recursive=True)
            if any(name in part for part in child.cmdline())
        )

    def stop(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=30)
        self.read_to_the_end()
        return code

    def read_to_the_end(self) -> None:
        if self.reader is not None:
            self.reader.wait(timeout=30)

    def end_reader(self) -> None:
        assert self.reader is not None
        self.reader.terminate()
        self.reader.wait()


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Up]:
    made = Up(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop()


def test_one_command_starts_everything_and_ctrl_c_ends_it(up: Up) -> None:
    up.start()
    children = up.running.children(recursive=True)
    link = re.search(r"http://\S+/#link=(\S+)", up.output)
    assert link is not None
    url = f"http://127.0.0.1:{up.port}"
    pair = httpx.post(f"{url}/api/auth/link", json={"secret": link[1]}, trust_env=False).json()
    assert pair["access"]
    assert f"npx wscat -c ws://127.0.0.1:{up.port}/ws -H" in up.output
    assert up.manage("doctor").returncode == 0
    asked = up.manage("ask", "What can you do?")
    assert asked.returncode == 0, asked.stderr
    for event in ("agent_started", "agent_thinking", "tool_executing", "tool_completed"):
        assert event in asked.stdout
    assert up.stop() == 0
    assert "Stopped in" in up.output
    assert not [child for child in children if child.is_running()]
    assert not (up.home / "instance.json").exists()


def test_a_second_one_in_the_same_place_is_told_where_the_first_is(up: Up) -> None:
    up.start("--workers", "1")
    second = up.manage("up", "--port", str(free_port()))
    assert second.returncode == 1
    assert f"already runs here at http://127.0.0.1:{up.port}" in second.stderr
    assert str(up.running.pid) in second.stderr


def test_a_port_in_use_is_told_with_a_free_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = Up(tmp_path).manage("up", "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    suggested = re.search(r"--port (\d+)", done.stderr)
    assert suggested is not None
    assert int(suggested[1]) > port


def test_a_child_that_dies_is_started_again(up: Up) -> None:
    up.start("--workers", "1")
    for name in ("worker-1", "serve"):
        dead = up.child(name)
        dead.kill()
        until(partial(back, up, name, dead), f"{name} is not back")
    until(lambda: healthy(up.port), "the web server does not answer")
    assert "worker-1 ended with code -9; starting it again." in up.output
    assert up.manage("ask", "What can you do?").returncode == 0


def test_it_serves_on_when_nobody_reads_its_output_any_more(up: Up) -> None:
    up.start("--workers", "1")
    up.end_reader()
    for _ in range(200):  # each is logged; all together they are more than a pipe holds
        path = "nothing" * 100
        assert httpx.get(f"http://127.0.0.1:{up.port}/{path}", **WITHOUT_TLS).is_client_error
    worker = up.child("worker-1")
    worker.kill()
    until(partial(back, up, "worker-1", worker), "the worker is not back")
    assert up.manage("ask", "What can you do?").returncode == 0


def back(up: Up, name: str, dead: psutil.Process) -> bool:
    try:
        return up.child(name).pid != dead.pid
    except (StopIteration, psutil.Error):
        return False


def healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health", **WITHOUT_TLS).is_success
    except httpx.HTTPError:
        return False


def test_killed_it_leaves_no_process_behind_and_the_next_says_so(up: Up) -> None:
    up.start("--workers", "1")
    children = up.running.children(recursive=True)
    up.running.kill()
    until(lambda: not [child for child in children if child.is_running()], "children live on")
    assert up.process is not None
    up.process.wait()
    up.start("--workers", "1")
    assert "The last `up` was killed" in up.output


def test_no_worker_at_all_is_refused(tmp_path: Path) -> None:
    done = Up(tmp_path).manage("up", "--workers", "0")
    assert "--workers" in done.stderr


def test_asking_without_one_running_says_how_to_start_it(tmp_path: Path) -> None:
    done = Up(tmp_path).manage("ask", "Hello?")
    assert done.returncode == 1
    assert "manage.py up" in done.stderr


def test_doctor_says_what_is_wrong_and_what_to_do(tmp_path: Path) -> None:
    sick = Up(tmp_path)
    environment = {**sick.environment, "NETRA_MODEL": "openai-chat:gpt-5"}
    environment.pop("OPENAI_API_KEY", None)
    done = subprocess.run(
        [sys.executable, "manage.py", "doctor"],
        cwd=ROOT,
        env=environment,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    for finding in ("✗ migrations", "✗ channel layer", "✗ default model", "OPENAI_API_KEY"):
        assert finding in done.stdout
    assert "python manage.py migrate" in done.stdout
