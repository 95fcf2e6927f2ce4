import asyncio

from agents.engine.deltas import FRAME_SECONDS, DeltaStream
from tests.agents.engine.recording import Recorder, held


async def test_frames_are_bundled_to_twenty_a_second() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    for number in range(200):
        stream.text("m", f"{number} ")
        await asyncio.sleep(0.002)
    stream.flush()
    seconds = loop.time() - begun
    assert 2 < len(recorder.deltas) <= seconds / FRAME_SECONDS + 2
    assert "".join(delta.data["text"] for delta in recorder.deltas) == "".join(
        f"{number} " for number in range(200)
    )


async def test_the_first_piece_is_not_kept_waiting() -> None:
    recorder = Recorder()
    DeltaStream(held(), recorder).text("m", "Now.")
    assert [delta.data["text"] for delta in recorder.deltas] == ["Now."]


async def test_a_snapshot_holds_everything_said_so_far() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    stream.thinking("m", "Hm.")
    for piece in ("One ", "two ", "three"):
        stream.text("m", piece)
    stream.snapshot()
    snapshot = recorder.deltas[-1]
    assert snapshot.type == "message_snapshot"
    assert snapshot.data == {"message_id": "m", "text": "One two three"}
    stream.text("m", "!")
    stream.flush()
    assert recorder.deltas[-1].data["offset"] == len("One two three")


async def test_of_many_notes_of_a_tool_the_last_is_told() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    for number in range(10):
        stream.note("call_0_0", f"{number}0 %")
    stream.flush()
    notes = [delta.data["note"] for delta in recorder.deltas]
    assert notes[0] == "00 %"
    assert notes[-1] == "90 %"
    assert len(notes) == 2


async def test_nothing_pending_sends_nothing() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    stream.text("m", "")
    stream.flush()
    stream.snapshot()
    assert recorder.deltas == []


async def test_a_character_that_is_split_between_pieces_is_sent_whole() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    for piece in ("smile \ud83d", "\ude00", " and ", "\ud83d", "\ude00!"):
        stream.text("m", piece)
        stream.flush()
    assert [(delta.data["offset"], delta.data["text"]) for delta in recorder.deltas] == [
        (0, "smile "),
        (6, "😀"),
        (7, " and "),
        (12, "😀!"),
    ]


async def test_half_a_character_is_replaced_when_its_other_half_never_comes() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    stream.thinking("m", "\udfffa\ud83d")
    stream.text("m", "b\ud83d")
    stream.begin()
    sent = [(delta.type, delta.data["text"]) for delta in recorder.deltas]
    assert sent == [
        ("thinking_delta", "\ufffda"),
        ("thinking_delta", "\ufffd"),
        ("message_delta", "b\ufffd"),
    ]


async def test_a_note_is_text_that_can_be_sent() -> None:
    recorder = Recorder()
    stream = DeltaStream(held(), recorder)
    stream.note("call_0_0", "caf\udce9.csv")
    stream.flush()
    assert [delta.data["note"] for delta in recorder.deltas] == ["caf\ufffd.csv"]
