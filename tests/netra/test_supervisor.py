"""Children are kept running and read, whatever they write."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis.strategies import binary, integers, lists

from netra.supervisor import CHUNK_BYTES, LINE_BYTES, Child, Supervisor, lines
from tests.stack import until

CUT = " … (cut)"


async def read(*pieces: bytes) -> list[str]:
    stream = asyncio.StreamReader()
    for piece in pieces:
        stream.feed_data(piece)
    stream.feed_eof()
    return [line async for line in lines(stream)]


def run_child(code: str, work: Callable[[], None]) -> list[str]:
    """Keep a Python child running while `work` is done; returns what it said."""
    said: list[str] = []

    async def supervise() -> None:
        supervisor = Supervisor(lambda name, line: said.append(line))
        await supervisor.start(Child("child", [sys.executable, "-u", "-c", code], {}))
        await asyncio.to_thread(work)
        await supervisor.stop()

    asyncio.run(supervise())
    return said


def test_a_child_that_writes_a_very_long_line_goes_on(tmp_path: Path) -> None:
    done = tmp_path / "done"
    code = (
        "import pathlib, time; print('before'); print('x' * 6_000_000); print('after'); "
        f"print('y' * 6_000_000); pathlib.Path({str(done)!r}).touch(); time.sleep(60)"
    )
    said = run_child(code, lambda: until(done.exists, "the child stands still"))
    x, y = ("x" * LINE_BYTES + CUT, "y" * LINE_BYTES + CUT)
    assert said == ["before", x, "after", y]


@given(sizes=lists(integers(0, 3 * LINE_BYTES), max_size=4), ends=integers(0, 1))
def test_lines_are_cut_and_none_is_lost(sizes: list[int], ends: int) -> None:
    whole = b"\n".join(b"x" * size for size in sizes) + b"\n" * ends
    expected = ["x" * size if size <= LINE_BYTES else "x" * LINE_BYTES + CUT for size in sizes]
    if not ends and expected and not expected[-1]:
        expected.pop()  # nothing came after the last line break
    assert asyncio.run(read(whole)) == (expected or [""] * ends)


@given(pieces=lists(binary(max_size=40), max_size=6))
def test_it_does_not_matter_how_the_output_arrives(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert asyncio.run(read(*pieces)) == asyncio.run(read(whole))


@pytest.mark.parametrize("size", [LINE_BYTES, CHUNK_BYTES, CHUNK_BYTES - 1])
def test_a_line_of_just_a_chunk_is_whole(size: int) -> None:
    assert asyncio.run(read(b"x" * size + b"\nnext")) == ["x" * size, "next"]
