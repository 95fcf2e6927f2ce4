"""Files on their way in: streamed to disk, never into memory, and no larger than allowed."""

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from rest_framework.exceptions import ParseError
from rest_framework.parsers import DataAndFiles, MultiPartParser

from agents.exceptions import FileTooLarge

MIB = 1024 * 1024
FORM_BYTES = MIB  # what a request may hold beside its file


class LimitedUpload(TemporaryFileUploadHandler):
    """Writes an uploaded file to disk; raises FileTooLarge as soon as it exceeds the limit."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],  # noqa: N803  Django's name
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        self.received = 0
        if content_length > settings.UPLOAD_LIMIT_BYTES + FORM_BYTES:
            raise too_large()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        self.received += len(raw_data)
        if self.received > settings.UPLOAD_LIMIT_BYTES:
            self.upload_interrupted()
            raise too_large()
        return super().receive_data_chunk(raw_data, start)


class UploadParser(MultiPartParser):
    """multipart/form-data; a form that Django finds suspicious is a 400, not a 500."""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Any = None
    ) -> "DataAndFiles[Any, Any]":
        try:
            return super().parse(stream, media_type, parser_context)
        except SuspiciousOperation as error:
            raise ParseError(f"The form cannot be accepted: {error}") from error


def too_large() -> FileTooLarge:
    limit = settings.UPLOAD_LIMIT_BYTES // MIB
    return FileTooLarge(
        f"The file is larger than {limit} MiB. Upload a part of it, or only the columns that are "
        "needed, or Parquet, which is smaller."
    )
