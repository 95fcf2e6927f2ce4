"""The check that a file is UTF-8 text, made before anything else reads it."""

import codecs
from pathlib import Path

from agents.analytics.readers.watching import opened
from agents.exceptions import UnreadableFile

CHUNK_BYTES = 1024 * 1024
CONTROLS_OF_TEXT = b"\t\n\r\x0b\x0c\x1b"
SAMPLE_BYTES = 4096
MOST_CONTROLS = 0.05  # share of control characters in the sample above which a file is no text


def check_text(file: Path) -> None:
    """Raises UnreadableFile for UTF-16, binary data, NUL characters and what is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    offset, line = 0, 1
    with opened(file) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if offset == 0:
                _refuse_binary(chunk[:SAMPLE_BYTES])
            if b"\x00" in chunk:
                at = chunk.index(b"\x00")
                line += chunk.count(b"\n", 0, at)
                raise UnreadableFile(
                    f"Line {line} holds a NUL character (byte {offset + at + 1:,} of the file). "
                    "Remove it, for example with: tr -d '\\000' < log > clean.log"
                )
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError as error:
                raise _not_utf8(error, chunk, offset, pending, line) from error
            offset += len(chunk)
            line += chunk.count(b"\n")
    if decoder.getstate()[0]:
        raise UnreadableFile("The file ends in the middle of a character. Upload it anew.")


def contains(file: Path, wanted: bytes) -> bool:
    """Whether the bytes stand anywhere in the file."""
    tail = b""
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            if wanted in tail + chunk:
                return True
            tail = chunk[-len(wanted) :]
    return False


def _refuse_binary(sample: bytes) -> None:
    if sample.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _alternates(sample):
        raise UnreadableFile(
            "The file is UTF-16 text, as PowerShell and Excel write it. Save it as UTF-8, "
            "for example with: iconv -f UTF-16 -t UTF-8 log.csv > utf8.csv"
        )
    controls = sum(byte < 32 and byte not in CONTROLS_OF_TEXT for byte in sample)
    if controls > MOST_CONTROLS * len(sample):
        raise UnreadableFile(
            "The file holds binary data, not text. Upload CSV, JSON Lines or Parquet."
        )


def _alternates(sample: bytes) -> bool:
    """UTF-16 without a mark: every second byte of plain English text is zero."""
    if len(sample) < 4:
        return False
    zeros = max(sample[0::2].count(0), sample[1::2].count(0))
    return zeros > 0.4 * len(sample)


def _not_utf8(
    error: UnicodeDecodeError, chunk: bytes, offset: int, pending: int, line: int
) -> UnreadableFile:
    at = error.start - pending  # within the chunk; negative when the character began before it
    byte = error.object[error.start]
    line += chunk.count(b"\n", 0, max(at, 0))
    return UnreadableFile(
        f"The file is not UTF-8: byte 0x{byte:02X} at position {offset + at + 1:,} (line {line}). "
        "It looks like Windows-1252 or Latin-1. Save it as UTF-8, "
        "for example with: iconv -f WINDOWS-1252 -t UTF-8 log.csv > utf8.csv"
    )
