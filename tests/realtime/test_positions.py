"""Whoever's log-in has ended is shown out, whatever went wrong before."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from channels.layers import get_channel_layer

from accounts.models import User
from realtime.layers import RESUBSCRIBED
from realtime.positions import PositionCheck

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass(eq=False)
class Guest:
    """A socket whose log-in is not known (any more)."""

    user_id: int
    family: str = "f" * 32
    is_shown_out: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, message: dict[str, Any]) -> None:
        raise AssertionError(message)

    def show_out(self) -> None:
        self.is_shown_out.set()


class Troublemaker(Guest):
    """Fails once, as a query may while the tables are changed."""

    has_failed = False

    def show_out(self) -> None:
        if not self.has_failed:
            self.has_failed = True
            raise LookupError("the table is being changed")
        super().show_out()


async def test_a_check_that_fails_is_not_the_last(alice: User) -> None:
    check, guest = PositionCheck(), Troublemaker(alice.pk)
    check.join(guest)
    layer: Any = get_channel_layer()
    async with asyncio.timeout(20):
        while not guest.is_shown_out.is_set():
            layer._get_layer().announce(RESUBSCRIBED)  # checks at once
            await asyncio.sleep(0.1)
    assert guest.has_failed
