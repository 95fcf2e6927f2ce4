"""Data sets of a user on disk, and calls of tools on them as the engine makes them."""

import functools
import os
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic_ai import RunContext, RunUsage
from pydantic_ai.models.test import TestModel

from agents.analytics.profile import Profile
from agents.analytics.readers.read import read_file
from agents.tools.base import Call, ToolContext
from agents.tools.handles import DatasetHandle
from tests.agents.analytics.logs import utc


@functools.cache
def read_once(content: str) -> tuple[Path, Profile]:
    """The part files and the profile of a CSV file; many tests begin with the same one."""
    home = Path(tempfile.mkdtemp(dir=os.environ["NETRA_DATA_DIR"]))
    file = home / "log.csv"
    file.write_text(content)
    return home / "dataset", read_file(file, home / "dataset")


@dataclass
class Desk:
    """Data sets that a user has, and calls on them."""

    home: Path
    handles: list[DatasetHandle] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, content: str, *, shared: bool = False) -> DatasetHandle:
        """Read `content`; data sets that are added later are newer."""
        number = len(self.handles)
        directory = self.home / f"dataset {number}"
        parts, profile = read_once(content)
        shutil.copytree(parts, directory)
        handle = DatasetHandle(
            id=f"00000000-0000-0000-0000-{number:012}",
            name=name,
            directory=directory,
            rows=profile.rows,
            profile=profile,
            is_shared=shared,
            created_at=utc(2026, 11, 20) + timedelta(minutes=number),
        )
        self.handles.append(handle)
        return handle

    def call(self, chosen: str | None = None) -> Call:
        newest_first = sorted(self.handles, key=lambda h: h.created_at, reverse=True)
        datasets = tuple(sorted(newest_first, key=lambda handle: handle.is_shared))
        context = ToolContext(datasets=datasets, chosen=chosen, note=self.notes.append)
        return RunContext(deps=context, model=TestModel(), usage=RunUsage())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
