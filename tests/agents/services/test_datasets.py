"""Storing, deleting and sharing data sets; nothing is ever half stored."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from django.utils import timezone

from accounts.exceptions import PermissionDenied
from accounts.models import User
from agents.analytics.table import open_table
from agents.exceptions import DatasetNotFound, InvalidInput, UnreadableFile
from agents.models import Dataset
from agents.services.datasets import (
    cleaned_name,
    create_dataset,
    delete_dataset,
    find_dataset,
    install_demo,
    preview,
)
from agents.tasks import remove_leftovers
from agents.tools.handles import handles_for

LOG = "timestamp,model,tokens_in\n2026-11-03T10:00:00Z,gpt-4o,5\n2026-11-04T10:00:00Z,gpt-4o,7\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "usage.csv"
    path.write_text(LOG)
    return path


def directories() -> set[Path]:
    root = Path(settings.DATASETS_DIR)
    return set(root.iterdir()) if root.exists() else set()


def test_an_uploaded_log_becomes_a_row_and_part_files(alice: User, log: Path) -> None:
    made = create_dataset(user=alice, file=log, name="October")
    row = Dataset.objects.get(pk=made.pk)
    assert (row.user, row.name, row.format, row.rows) == (alice, "October", "csv", 2)
    assert row.size_bytes == len(LOG)
    assert row.profile["missing"]
    with open_table(row.directory) as table:
        assert table.row(["sum(input_tokens) AS total"]) == {"total": 12}
    assert [path.suffix for path in row.directory.iterdir()] == [".parquet"]


def test_a_bad_file_leaves_no_row_and_no_directory(alice: User, tmp_path: Path) -> None:
    before = directories()
    (tmp_path / "bad.csv").write_text("name,age\nbob,3\n")
    with pytest.raises(UnreadableFile):
        create_dataset(user=alice, file=tmp_path / "bad.csv", name="x")
    assert not Dataset.objects.exists()
    assert directories() == before


def test_a_bad_mapping_leaves_no_row_and_no_directory(alice: User, log: Path) -> None:
    before = directories()
    with pytest.raises(InvalidInput):
        create_dataset(user=alice, file=log, name="x", mapping={"latency_ms": "nope"})
    assert directories() == before


def test_a_failing_database_leaves_no_directory(alice: User, log: Path) -> None:
    before = directories()

    def refuse(execute: object, sql: str, *_: object) -> object:
        raise DatabaseError(f"refused: {sql[:20]}")

    with connection.execute_wrapper(refuse), pytest.raises(DatabaseError):
        create_dataset(user=alice, file=log, name="x")
    assert directories() == before


def test_deleting_removes_the_row_and_then_the_files(
    alice: User, log: Path, django_capture_on_commit_callbacks: object
) -> None:
    made = create_dataset(user=alice, file=log, name="x")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        delete_dataset(user=alice, dataset_id=made.pk)
    assert not Dataset.objects.exists()
    assert made.directory not in directories()


def test_with_its_owner_a_data_set_goes_and_its_files_too(
    bob: User, log: Path, django_capture_on_commit_callbacks: object
) -> None:
    made = create_dataset(user=bob, file=log, name="x")
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        bob.delete()
    assert made.directory not in directories()


def test_only_uploads_that_were_given_up_are_leftovers(
    alice: User, log: Path, settings: Any, tmp_path: Path
) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = uploads = tmp_path / "uploads"
    for name in ("old", "new"):
        (uploads / name / "parts").mkdir(parents=True)
    (uploads / "old.upload").touch()
    made = create_dataset(user=alice, file=log, name="x")
    days_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for path in (uploads / "old", uploads / "old.upload", made.directory):
        os.utime(path, (days_ago, days_ago))
    remove_leftovers()
    assert [path.name for path in uploads.iterdir()] == ["new"]
    assert made.directory in directories()


def test_a_foreign_data_set_is_not_found(alice: User, bob: User, log: Path) -> None:
    made = create_dataset(user=alice, file=log, name="x")
    for call in (find_dataset, delete_dataset, preview):
        with pytest.raises(DatasetNotFound):
            call(user=bob, dataset_id=made.pk)
    assert find_dataset(user=alice, dataset_id=str(made.pk)) == made


def test_what_is_no_id_is_not_found(alice: User) -> None:
    with pytest.raises(DatasetNotFound):
        find_dataset(user=alice, dataset_id="../../etc/passwd")


def test_a_shared_data_set_is_read_by_all_and_deleted_by_none(alice: User) -> None:
    demo = install_demo(timezone.now())
    assert find_dataset(user=alice, dataset_id=demo.pk) == demo
    with pytest.raises(PermissionDenied, match="shared"):
        delete_dataset(user=alice, dataset_id=demo.pk)


def test_the_demo_is_installed_once_a_day_and_ends_now(alice: User) -> None:
    now = timezone.now()
    first = install_demo(now)
    assert install_demo(now + timedelta(hours=1)) == first
    assert first.rows == 20_000
    later = install_demo(now + timedelta(days=2))
    assert later != first
    assert list(Dataset.objects.filter(user=None)) == [later]
    (handle,) = handles_for(alice.pk)
    last = handle.profile.last_timestamp
    assert last is not None
    assert abs(last - (now + timedelta(days=2))) < timedelta(seconds=1)


def test_demos_that_two_processes_made_at_once_become_one(alice: User) -> None:
    twins = [install_demo(timezone.now())]
    twins.append(Dataset.objects.get(pk=twins[0].pk))
    twins[1].pk = None
    twins[1].save(force_insert=True)
    Dataset.objects.update(created_at=timezone.now() - timedelta(days=3))
    newest = install_demo(timezone.now())
    assert list(Dataset.objects.filter(user=None)) == [newest]
    assert newest.directory in directories()


def test_handles_are_own_ones_first_and_newest_first(alice: User, bob: User, log: Path) -> None:
    install_demo(timezone.now())
    create_dataset(user=bob, file=log, name="bob's")
    names = [create_dataset(user=alice, file=log, name=f"log {n}").name for n in range(3)]
    handles = handles_for(alice.pk)
    assert [handle.name for handle in handles] == [*reversed(names), "Demo: two weeks of requests"]
    assert [handle.is_shared for handle in handles] == [False, False, False, True]
    assert handles[0].profile.has("input_tokens")
    assert handles[0].rows == 2


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("  March \n log ", "March log"),
        ("", "Data set"),
        ("\x00\x07", "Data set"),
        ("a\x00b", "a b"),
        ("\ud800x", "x"),
        ("x" * 500, "x" * 200),
        ("Übersicht 🚀", "Übersicht 🚀"),
    ],
)
def test_a_name_is_cleaned_and_bounded(name: str, cleaned: str) -> None:
    assert cleaned_name(name) == cleaned


def test_a_preview_shows_the_first_rows_as_they_were_read(alice: User, log: Path) -> None:
    made = create_dataset(user=alice, file=log, name="x")
    rows = preview(user=alice, dataset_id=made.pk)
    assert [row["input_tokens"] for row in rows] == [5, 7]
