"""What a file is, by its first bytes; its name is never asked."""

import re
from pathlib import Path
from typing import Literal

from agents.analytics.readers.dialects.otel.file import is_protobuf
from agents.exceptions import UnreadableFile

Format = Literal["csv", "jsonl", "parquet", "protobuf"]

HEAD_BYTES = 4096
PARQUET = b"PAR1"  # at both ends of the file; its index is at the end
UTF8_MARK = b"\xef\xbb\xbf"
ARRAY = re.compile(rb"\[\s*[{\[\]\"\d]")

# First bytes of files that hold something else, and what to do with them.
_SIGNATURES: tuple[tuple[bytes, str, str], ...] = (
    (b"\x1f\x8b", "a gzip archive", "Unpack it first: gunzip file.gz"),
    (b"(\xb5/\xfd", "a Zstandard archive", "Unpack it first: unzstd file.zst"),
    (b"BZh", "a bzip2 archive", "Unpack it first: bunzip2 file.bz2"),
    (b"\xfd7zXZ\x00", "an xz archive", "Unpack it first: unxz file.xz"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook", "Save the sheet as CSV (UTF-8)"),
    (b"%PDF", "a PDF", "Export the log as CSV, JSON Lines or Parquet"),
    (b"SQLite format 3\x00", "an SQLite database", "Export the table as CSV"),
    (b"PARE", "an encrypted Parquet file", "Write it without encryption"),
    (b"ARROW1", "an Arrow file", "Write it as Parquet"),
    (b"ORC", "an ORC file", "Write it as Parquet"),
    (b"Obj\x01", "an Avro file", "Write it as Parquet or JSON Lines"),
)


def format_of(file: Path) -> Format:
    """Raises UnreadableFile for what is empty or none of the formats, saying what to do instead."""
    head = _head(file)
    if not _content(head):
        raise UnreadableFile(
            "The file is empty. Upload a CSV with a header line, JSON Lines or Parquet."
        )
    if head.startswith(PARQUET):
        return _parquet(file)
    if known := _known(head):
        raise UnreadableFile(known)
    return "protobuf" if is_protobuf(file) else _text(head)


def begins_with_array(file: Path) -> bool:
    """Whether a file of JSON is one array."""
    return ARRAY.match(_content(_head(file))) is not None


def _head(file: Path) -> bytes:
    """The first bytes that are not all space."""
    with file.open("rb") as stream:
        while (head := stream.read(HEAD_BYTES)) and not _content(head):
            pass
    return head


def _content(head: bytes) -> bytes:
    return head.removeprefix(UTF8_MARK).lstrip()


def _known(head: bytes) -> str | None:
    if head.startswith(b"PK\x03\x04"):
        if b"[Content_Types].xml" in head or b"xl/" in head:
            return "The file is an Excel workbook. Save the sheet as CSV (UTF-8) and upload that."
        return "The file is a zip archive. Unpack it first and upload the log inside."
    for signature, name, advice in _SIGNATURES:
        if head.startswith(signature):
            return f"The file is {name}. {advice}."
    return None


def _parquet(file: Path) -> Format:
    with file.open("rb") as stream:
        stream.seek(-len(PARQUET), 2)
        if stream.read() == PARQUET and file.stat().st_size > 2 * len(PARQUET):
            return "parquet"
    raise UnreadableFile(
        "The file begins like Parquet, but its end is missing: the copy was cut off. "
        "Upload it anew."
    )


def _text(head: bytes) -> Format:
    text = _content(head)
    if text.startswith(b"{") or ARRAY.match(text):
        return "jsonl"
    if re.match(rb"<(!doctype|\?xml|html|[a-z]+>)", text, re.IGNORECASE):
        raise UnreadableFile(
            "The file is HTML or XML, such as an error page saved in place of a log. "
            "Upload CSV, JSON Lines or Parquet."
        )
    return "csv"
