"""No line, whatever stands in it, breaks a reader; and what it tells holds together."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agents.analytics.readers.dialects.base import Dialect, Sample, Told
from agents.analytics.readers.dialects.registry import DIALECTS
from agents.analytics.readers.dialects.sessions.shape import a_moment
from agents.analytics.readers.skipped import Skipped
from agents.analytics.steps import SESSION_FORMATS, STEPS
from agents.exceptions import UnreadableFile
from tests.agents.analytics.readers.sessions.test_gemini import session as gemini
from tests.agents.analytics.readers.sessions.told import lines_of

STRANGE: tuple[Any, ...] = (
    None,
    [],
    {},
    3,
    -1,
    1.5,
    True,
    "x",
    "",
    [[1]],
    {"a": 1},
    10**30,
    "\x00",
    ["a"],
    "0001-01-01T00:00:00+05:00",
    "9999-12-31T23:59:59-05:00",
)
LOGS = {
    "claude": lines_of("claude-line-kinds.jsonl") + lines_of("claude-compaction.jsonl"),
    "codex": lines_of("codex-by-schema.jsonl"),
    "flat": lines_of("codex-flat-by-schema.jsonl"),
    "gemini": gemini(),
}
READERS = [dialect for dialect in DIALECTS if dialect.name in SESSION_FORMATS]


def spoilt(value: Any, chance: random.Random, share: float) -> Any:
    if chance.random() < share:
        return chance.choice(STRANGE)
    if isinstance(value, dict):
        return {key: spoilt(item, chance, share) for key, item in value.items()}
    if isinstance(value, list):
        return [spoilt(item, chance, share) for item in value]
    return value


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-05:00", "x"])
def test_a_time_that_utc_does_not_have_is_none(text: str) -> None:
    assert a_moment(text) is None


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: str(reader.name))
@settings(max_examples=30)
@given(seed=st.integers(), log=st.sampled_from(sorted(LOGS)), share=st.sampled_from([0.02, 0.2]))
def test_spoilt_lines_harm_nothing(reader: Dialect, seed: int, log: str, share: float) -> None:
    chance = random.Random(seed)
    lines = [spoilt(line, chance, share) for line in LOGS[log]]
    objects = [line for line in lines if isinstance(line, dict)]
    reader.fits(Sample((), tuple(objects)))
    told = Told(Skipped("line"))
    try:
        rows = list(reader.rows(iter(enumerate(objects, start=1)), told))
    except UnreadableFile:
        return
    for _, row in rows:
        given_, cached = row.get("input_tokens"), row.get("cached_tokens")
        written = row.get("cache_write_tokens")
        if isinstance(given_, int):
            assert int(cached or 0) + int(written or 0) <= given_
    for step in told.beside[STEPS]:
        assert step.keys() == STEPS.columns.keys()
        assert step["enters"] is None or step["request"] < step["enters"] <= step["leaves"]
