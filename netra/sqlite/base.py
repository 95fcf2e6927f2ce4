"""What settings.DATABASES names; Django looks for its backend in a module of this name."""

from typing import Any

from django.db import OperationalError
from django.db.backends.sqlite3 import base

from netra.sqlite.turns import Turns, turns_at


class DatabaseWrapper(base.DatabaseWrapper):
    """Transactions, which all are to write, begin in turn; nothing else changes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._turns: Turns | None = None  # while it is ours

    def _start_transaction_under_autocommit(self) -> None:
        self._take_turn()
        try:
            super()._start_transaction_under_autocommit()  # type: ignore[misc]
        except BaseException:
            self._give_turn_back()
            raise

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _rollback(self) -> None:
        try:
            super()._rollback()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _close(self) -> None:
        try:
            super()._close()  # type: ignore[misc]
        finally:
            self._give_turn_back()

    def _take_turn(self) -> None:
        if self.is_in_memory_db():
            return
        turns = turns_at(str(self.settings_dict["NAME"]))
        if not turns.take(self.settings_dict["OPTIONS"]["timeout"]):
            raise OperationalError("database is locked")
        self._turns = turns

    def _give_turn_back(self) -> None:
        turns, self._turns = self._turns, None
        if turns is not None:
            turns.give_back()
