"""
Gemini sessions as a client sends them that keeps only time and content of each message.

Who spoke is not told: the messages of both sides follow each other, the user's first, and a message
with results of functions is the user's. Tokens, calls and the model's name are lost on the way.
"""

from collections.abc import Iterator

from agents.analytics.readers.dialects.base import Dialect, Record, Row, Sample, Told
from agents.analytics.readers.dialects.sessions.gemini_tools import responses
from agents.analytics.readers.dialects.sessions.log import COMMON, SessionLog
from agents.analytics.readers.dialects.sessions.results import said
from agents.analytics.readers.dialects.sessions.shape import a_count, a_moment, a_text, most_fit
from agents.analytics.readers.dialects.sessions.timeline import Request
from agents.analytics.schema import LATENCY_MS, SESSION_ID, STATUS, TIMESTAMP

LOST = (
    "The log was sent without its tokens, tool calls and models, and without who spoke: messages "
    "are taken in turn, the user's first. Send the session file itself to know more."
)


def read_sent(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[Row]:
    log = SessionLog(told)
    told.say(LOST)
    is_answer = False
    for place, line in records:
        if "message_index" not in line:
            told.skip(place, "is no message of a session")
            continue
        index, name = a_count(line["message_index"]), a_text(line.get("session_id"))
        source = name or a_text(line.get("_source_file")) or "session"
        chain, moment = log.chain(source), a_moment(line.get("timestamp"))
        by_user = bool(list(responses(line.get("content")))) or index == 0 or not is_answer
        is_answer = by_user
        if by_user:
            chain.hear(said(line.get("content")).characters, moment)
        else:
            chain.add(Request(place, name, ended=moment))
    yield from log.rows()


def is_sent(sample: Sample) -> bool:
    keys = ("message_index", "role", "content")
    return most_fit(sample, lambda record: all(key in record for key in keys))


SENT = Dialect(
    name="gemini-cli-messages",
    label="messages of the Gemini CLI",
    sources={column: COMMON[column] for column in (TIMESTAMP, SESSION_ID, STATUS, LATENCY_MS)},
    fits=is_sent,
    rows=read_sent,
)
