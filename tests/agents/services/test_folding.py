"""Live traces on their way from staging into part files: each row is there, once, at any moment."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from agents.analytics import live as growing
from agents.analytics.parts import Contents, all_versions, part_files
from agents.analytics.profile import Profile
from agents.analytics.readers.dialects.otel import otlp_json
from agents.analytics.readers.dialects.otel.counting import Batch, batch_of
from agents.analytics.table import open_table
from agents.models import Dataset, LiveTraces, StagedSpan
from agents.services.folding import fold, fold_due, remove_old, steps
from agents.services.traces import Taken, take
from agents.tasks import fold_traces
from agents.tools.contents import contents_of, opened_table, staged_rows, write_rows
from agents.tools.handles import handle_of
from tests.agents.racing import at_once
from tests.agents.spans import CHAT, chats, request, span

# All steps of a fold of 1,200 rows: read, written, deleted in three parts, counted.
STEPS = 6
MANY = 1200


def batch(spans: Sequence[Any]) -> Batch:
    return batch_of(otlp_json.spans(request(spans)))


def report(user: User, *spans: Any) -> Taken:
    return take(user=user, batch=batch(spans))


def live_of(user: User) -> Dataset:
    return Dataset.objects.get(user=user, live__isnull=False)


def keys(user: User) -> Counter[str]:
    """How often each request is in the user's live data set, for who opens it now."""
    with opened_table(handle_of(live_of(user))) as table:
        return Counter(row["request_id"] for row in table.rows(["request_id"]))


def expected(*numbers: int) -> Counter[str]:
    return Counter(f"{span()['traceId']}:{number:016x}" for number in numbers)


def profile_of(user: User) -> Profile:
    row = live_of(user)
    assert row.rows == row.profile["rows"]
    return Profile.model_validate(row.profile)


def test_folded_rows_are_those_that_were_staged(alice: User) -> None:
    report(alice, span(1, {**CHAT, "operation.cost": 0.0000015}), *chats(9, first=2))
    before = profile_of(alice)
    with opened_table(handle_of(live_of(alice))) as table:
        staged = table.rows(["*"], "ORDER BY request_id")
    assert fold(live_of(alice).pk) == 10
    assert not StagedSpan.objects.exists()
    with opened_table(handle_of(live_of(alice))) as table:
        assert table.rows(["*"], "ORDER BY request_id") == staged
    assert profile_of(alice) == before
    assert live_of(alice).size_bytes == part_files(live_of(alice).directory)[0].stat().st_size


# F58
@pytest.mark.parametrize("survived", range(STEPS + 1))
def test_a_fold_that_is_killed_anywhere_loses_and_repeats_nothing(
    alice: User, survived: int
) -> None:
    spans = chats(MANY)
    everything = expected(*range(1, MANY + 1))
    report(alice, *spans)
    dying = steps(live_of(alice).pk)
    assert sum(1 for _, _ in zip(range(survived), dying, strict=False)) == survived
    assert keys(alice) == everything
    report(alice, *spans[:700], span(MANY + 1))  # the exporter did not get its answer
    assert keys(alice) == everything + expected(MANY + 1)
    fold(live_of(alice).pk)
    assert keys(alice) == everything + expected(MANY + 1)
    assert profile_of(alice).rows == MANY + 1
    assert not StagedSpan.objects.exists()


def test_a_fold_has_the_steps_that_the_test_above_kills_it_at(alice: User) -> None:
    report(alice, *chats(MANY))
    assert list(steps(live_of(alice).pk)) == [MANY] * STEPS


# F58
def test_a_report_that_comes_again_after_folding_is_dropped(alice: User) -> None:
    report(alice, *chats(5))
    fold(live_of(alice).pk)
    report(alice, *chats(5))
    assert keys(alice) == expected(*range(1, 6))
    written = all_versions(live_of(alice).directory)
    fold(live_of(alice).pk)
    assert keys(alice) == expected(*range(1, 6))
    assert profile_of(alice).rows == 5
    assert all_versions(live_of(alice).directory) == written


def test_who_read_the_staged_rows_before_they_were_folded_has_each_once(
    alice: User, tmp_path: Path
) -> None:
    report(alice, *chats(5))
    staged = tmp_path / "staged.jsonl"
    write_rows(staged_rows(live_of(alice).pk), staged)
    fold(live_of(alice).pk)
    parts = tuple(part_files(live_of(alice).directory.resolve()))
    with open_table(Contents(parts, staged)) as table:
        assert table.count() == 5


def test_who_listed_the_part_files_reads_them_while_they_are_replaced(alice: User) -> None:
    report(alice, *chats(5))
    fold(live_of(alice).pk)
    with contents_of(handle_of(live_of(alice))) as contents:
        report(alice, *chats(5, first=6))
        fold(live_of(alice).pk)
        with open_table(contents) as table:
            assert table.count() == 5
    assert keys(alice) == expected(*range(1, 11))


def test_a_part_grows_with_new_versions_up_to_a_size(tmp_path: Path, alice: User) -> None:
    home, directory = tmp_path / "home", tmp_path / "parts"
    home.mkdir()
    for first in (1, 6, 11, 16):
        StagedSpan.objects.all().delete()
        report(alice, *chats(5, first=first))
        write_rows(staged_rows(live_of(alice).pk), home / "staged.jsonl")
        growing.fold(directory, home / "staged.jsonl", home, merged_rows=10)
        (home / "part.parquet").unlink()
    names = [path.name for path in all_versions(directory)]
    assert names == [
        "part-000001.000001.parquet",
        "part-000001.000002.parquet",
        "part-000002.000001.parquet",
        "part-000002.000002.parquet",
    ]
    assert [path.name for path in part_files(directory)] == names[1::2]
    with open_table(directory) as table:
        assert table.count() == 20
    growing.remove_superseded(directory, time.time() - 600)
    assert len(all_versions(directory)) == 4
    growing.remove_superseded(directory, time.time() + 1)
    assert all_versions(directory) == part_files(directory)


def test_only_what_has_waited_is_folded_in_time(alice: User, bob: User) -> None:
    report(alice, *chats(3))
    report(bob, *chats(3))
    assert fold_due() == 0
    StagedSpan.objects.filter(dataset__user=alice).update(
        received_at=timezone.now() - timedelta(minutes=5, seconds=1)
    )
    fold_traces()
    assert list(StagedSpan.objects.values_list("dataset__user", flat=True).distinct()) == [bob.pk]
    assert keys(alice) == expected(1, 2, 3)


def test_the_report_that_crosses_the_number_has_them_folded(
    alice: User, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.FOLDED_SPANS = 4
    for first in (1, 4, 7):
        report(alice, *chats(3, first=first))
    until(lambda: len(sent(caplog)) >= 2)
    assert sent(caplog) == [str(live_of(alice).pk)] * 2  # at 6 of 4 and at 9 of 8


def sent(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Which data sets were to be folded: the broker is away, so each attempt is logged."""
    failed = (record for record in caplog.records if record.getMessage() == "Dispatch failed")
    return [vars(record)["dataset_id"] for record in failed]


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.01)


# F60
def test_a_data_set_that_is_deleted_while_it_is_folded_leaves_nothing(alice: User) -> None:
    report(alice, *chats(3))
    directory = live_of(alice).directory
    dying = steps(live_of(alice).pk)
    next(dying)
    live_of(alice).delete()
    assert list(dying)
    assert not directory.exists()
    assert not StagedSpan.objects.exists()


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_data_set_may_be_deleted_while_its_part_is_written(alice: User) -> None:
    report(alice, *chats(300))
    row = live_of(alice)
    directory = row.directory

    def deletion() -> object:
        until(directory.exists)  # so the fold has begun, and its part is not there yet
        return Dataset.objects.get(pk=row.pk).delete()

    at_once(lambda: fold(row.pk), deletion)
    assert not directory.exists()
    assert not StagedSpan.objects.exists()


def test_what_is_not_live_is_not_folded(alice: User) -> None:
    report(alice, *chats(1))
    LiveTraces.objects.all().delete()
    assert fold(Dataset.objects.get(user=alice).pk) == 0


def test_parts_whose_requests_are_all_old_go_but_for_the_newest(
    alice: User, tmp_path: Path, settings: Any
) -> None:
    directory = Path()
    for first in (1, 4):
        report(alice, *chats(3, first=first))
        directory = live_of(alice).directory.resolve()
        write_rows(staged_rows(live_of(alice).pk), tmp_path / "staged.jsonl")
        growing.fold(directory, tmp_path / "staged.jsonl", tmp_path, merged_rows=0)
        (tmp_path / "part.parquet").unlink()
        StagedSpan.objects.all().delete()
    last = profile_of(alice).last_timestamp
    assert last is not None
    settings.RETENTION_DAYS = 0
    assert remove_old(last + timedelta(days=10_000)) == 0
    settings.RETENTION_DAYS = 90
    assert remove_old(last + timedelta(days=89)) == 0
    assert remove_old(last + timedelta(days=91)) == 1
    assert keys(alice) == expected(4, 5, 6)
    assert profile_of(alice).rows == 3


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_reports_at_once_make_one_data_set_and_each_row_once(alice: User) -> None:
    """Each sends what its neighbours send too."""

    def sender(first: int) -> Callable[[], object]:
        return lambda: report(alice, *chats(60, first=first))

    at_once(*(sender(first) for first in range(1, 121, 30)))
    assert keys(alice) == expected(*range(1, 151))
    assert profile_of(alice).rows == 150


# F59
@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_folds_at_once_and_reports_between_them_do_no_harm(alice: User) -> None:
    report(alice, *chats(200))
    row = live_of(alice)

    def folder() -> object:
        return fold(row.pk)

    def sender() -> object:
        return report(alice, *chats(100, first=150))

    at_once(folder, sender, folder)
    assert keys(alice) == expected(*range(1, 250))
    fold(row.pk)
    assert keys(alice) == expected(*range(1, 250))
    assert profile_of(alice).rows == 249


@pytest.mark.database
@pytest.mark.django_db(transaction=True)
def test_a_report_that_meets_a_deletion_is_stored_before_or_after_it(alice: User) -> None:
    report(alice, *chats(5))

    def deletion() -> object:
        return Dataset.objects.get(user=alice).delete()

    at_once(deletion, lambda: report(alice, *chats(50, first=6)))
    staged = StagedSpan.objects.count()
    assert staged in (0, 50)
    assert Dataset.objects.filter(user=alice).count() == (1 if staged else 0)
