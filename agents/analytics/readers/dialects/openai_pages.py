"""The pages in which OpenAI's organization API answers: buckets of time with results."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from agents.analytics.readers.dialects.base import Record, Told
from agents.analytics.readers.dialects.cells import objects
from agents.analytics.readers.dialects.pages import entries


def buckets(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[tuple[int, Record]]:
    """
    Each result with the times of its bucket, of pages as well as of rows of the CSV.

    Rows of a CSV are never equal by mistake: OpenAI's own are equal in all they are grouped by.
    """
    for place, bucket in entries(records, _buckets_of, told):
        if "start_time" not in bucket:
            told.skip(place, "is none of OpenAI's buckets of time")
            continue
        for result in _results(bucket) if "object" in bucket else [bucket]:
            yield place, _timed(result, bucket, told)


def results_of(record: Record) -> list[Mapping[str, Any]]:
    """All results in a page or a bucket."""
    return [result for bucket in _buckets_of(record) or [] for result in _results(bucket)]


def kind_of(result: Record) -> str | None:
    """What `organization.usage.completions.result` is of: "completions"; None for a row of CSV."""
    words = str(result.get("object", "")).split(".")
    if len(words) < 3 or words[0] != "organization":
        return "completions" if "num_model_requests" in result else None
    return words[-2]


def _buckets_of(record: Record) -> list[Mapping[str, Any]] | None:
    if record.get("object") == "page":
        return objects(record.get("data"))
    return [record] if record.get("object") == "bucket" else None


def _results(bucket: Record) -> list[Mapping[str, Any]]:
    # Some pages of the reference write "result".
    return objects(bucket.get("results")) or objects(bucket.get("result"))


def _timed(result: Record, bucket: Record, told: Told) -> Record:
    start, end = bucket.get("start_time"), bucket.get("end_time")
    with suppress(ValueError):  # then the row is left out for its time
        told.lasts(float(str(end)) - float(str(start)))
    return {**result, "start_time": start}
