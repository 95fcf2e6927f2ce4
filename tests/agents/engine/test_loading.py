from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import User
from agents.engine.loading import load
from agents.models import Run
from agents.publishing import leases
from tests.agents.factories import make_run

pytestmark = [pytest.mark.database, pytest.mark.django_db]


# F41
@pytest.mark.parametrize("ahead", [timedelta(0), timedelta(hours=1), timedelta(hours=-1)])
def test_a_run_has_its_time_whatever_the_clock_of_its_worker_says(
    alice: User, ahead: timedelta
) -> None:
    run = make_run(alice, timeout=timedelta(minutes=5))
    held = leases.claim(run.pk, owner="a" * 32)
    assert held is not None
    # As a database whose clock is ahead of ours has it.
    moved = ("started_at", "deadline_at", "lease_expires_at")
    Run.objects.filter(pk=run.pk).update(**{name: F(name) + ahead for name in moved})
    assignment = load(held)
    near = pytest.approx(0, abs=2)
    assert (assignment.started_at - timezone.now()).total_seconds() == near
    assert (assignment.deadline_at - timezone.now()).total_seconds() - 300 == near
