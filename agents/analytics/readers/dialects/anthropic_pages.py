"""The pages in which Anthropic's organization API answers: buckets of time with results."""

from collections.abc import Iterator, Mapping
from typing import Any

from agents.analytics.readers.dialects.base import Record, Sample, Told
from agents.analytics.readers.dialects.cells import objects, seconds_between
from agents.analytics.readers.dialects.pages import entries


def results(records: Iterator[tuple[int, Record]], told: Told) -> Iterator[tuple[int, Record]]:
    """Each result with `starting_at` and `ending_at` of its bucket, or a row of a CSV as it is."""
    for place, bucket in entries(records, _buckets_of, told):
        seconds = seconds_between(bucket.get("starting_at"), bucket.get("ending_at"))
        if seconds:
            told.lasts(seconds)
        for result in _results(bucket):
            yield place, result


def results_in(sample: Sample) -> list[Mapping[str, Any]]:
    return [
        result
        for record in sample.records
        for bucket in _buckets_of(record) or [record]
        for result in _results(bucket)
    ]


def is_empty_report(sample: Sample) -> bool:
    """Whether there are buckets, and none of them has a result."""
    found = [each for record in sample.records for each in _buckets_of(record) or [record]]
    return (
        bool(found)
        and all("starting_at" in bucket and "results" in bucket for bucket in found)
        and not results_in(sample)
    )


def _buckets_of(record: Record) -> list[Mapping[str, Any]] | None:
    return objects(record["data"]) if "data" in record else None


def _results(bucket: Record) -> list[Mapping[str, Any]]:
    """Some reports have the figures in the bucket itself."""
    if "results" not in bucket:
        return [bucket]
    times = {"starting_at": bucket.get("starting_at"), "ending_at": bucket.get("ending_at")}
    return [{**result, **times} for result in objects(bucket["results"])]
