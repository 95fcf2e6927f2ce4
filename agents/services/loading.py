"""Tells a user's open sockets how far an upload is. A hint, as every push: it is never stored."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from accounts.exceptions import NetraError
from agents.analytics.readers.watching import Progress
from agents.events import (
    DatasetFailed,
    DatasetFailedData,
    DatasetProgress,
    DatasetProgressData,
    DatasetReady,
    DatasetReadyData,
    Notice,
)
from agents.models import Dataset
from agents.publishing.push import notice_push, push_soon

INTERNAL = "The data set could not be stored. Try again."


@dataclass(frozen=True, slots=True)
class Loading:
    """A file on its way to be the data set `row`; nobody is told of a shared one."""

    row: Dataset

    def progressed(self, progress: Progress) -> None:
        data = DatasetProgressData(
            dataset_id=str(self.row.pk),
            name=self.row.name,
            stage=progress.stage,
            rows=progress.rows,
            bytes=progress.bytes,
            total_bytes=progress.total_bytes,
            share=progress.share,
        )
        self._tell(DatasetProgress(data=data))

    def ended(self) -> None:
        data = DatasetReadyData(
            dataset_id=str(self.row.pk),
            name=self.row.name,
            rows=self.row.rows,
            skipped_rows=self.row.skipped_rows,
        )
        self._tell(DatasetReady(data=data))

    @contextmanager
    def failures_told(self) -> Iterator[None]:
        """Whatever ends the loading early is told, and raised on."""
        try:
            yield
        except NetraError as error:
            self._failed(error.code, error.message)
            raise
        except BaseException:
            self._failed("internal", INTERNAL)
            raise

    def _failed(self, code: str, message: str) -> None:
        data = DatasetFailedData(
            dataset_id=str(self.row.pk), name=self.row.name, code=code, message=message
        )
        self._tell(DatasetFailed(data=data))

    def _tell(self, notice: Notice) -> None:
        if self.row.user_id is not None:
            push_soon([notice_push(self.row.user_id, notice)])
