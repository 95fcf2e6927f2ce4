"""The texts of a run in full; its page shows no more than their beginnings."""

from agents.admin.wording import readable, readable_json
from agents.events import body
from agents.models import Run, RunEvent, ToolCall

PARTS = {
    "input": "Question",
    "result": "Answer",
    "parameters": "Parameters",
    "context": "Context",
}
EVENT = "event-"


def whole_text(run: Run, part: str) -> str | None:
    """None if the run has no such part."""
    if part in PARTS:
        return readable(getattr(run, part))
    seq = part.removeprefix(EVENT)
    if seq == part or not seq.isdecimal() or len(seq) > 9:
        return None
    row = RunEvent.objects.filter(run=run, seq=int(seq)).first()
    return None if row is None else _whole_event(run, row)


def _whole_event(run: Run, row: RunEvent) -> str:
    """The event as it was sent, and after it what it was too small for."""
    event = body(row.frame)
    told = readable(event)
    if not event["data"].get("truncated"):
        return told
    call = ToolCall.objects.filter(run=run, call_id=event["data"].get("call_id", "")).first()
    if call is None:
        return f"{told}\n\n{run.result}"
    return f"{told}\n\n{readable_json(call.arguments)}\n\n{readable_json(call.result)}"
