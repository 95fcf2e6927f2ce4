"""Tickets and log-in links: valid once, and not for long."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.authentication import (
    TICKET_LIFETIME,
    buy_ticket,
    session_of_bearer,
    session_of_ticket,
    session_of_token,
)
from accounts.exceptions import AuthenticationFailed, PermissionDenied
from accounts.keys import create_key, revoke_key
from accounts.links import login_link
from accounts.log_ins import begin_with_link, end
from accounts.models import ApiKey, LogIn, OneTimeSecret, Purpose, User
from accounts.scopes import Scope
from accounts.tasks import remove_expired
from tests.accounts.devices import pair_of
from tests.conftest import ClientFor

pytestmark = pytest.mark.django_db


def test_a_ticket_is_spent_once_and_ends_with_the_session_that_bought_it(alice: User) -> None:
    session = session_of_token(pair_of(alice).access)
    ticket = buy_ticket(session)
    opened = session_of_ticket(ticket)
    assert (opened.user, opened.family, opened.expires_at) == (
        alice,
        session.family,
        session.expires_at,
    )
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(ticket)


def test_a_ticket_is_good_for_half_a_minute(alice: User) -> None:
    ticket = buy_ticket(session_of_token(pair_of(alice).access))
    assert timedelta(seconds=30) == TICKET_LIFETIME
    OneTimeSecret.objects.update(expires_at=timezone.now())
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(ticket)


def test_a_ticket_is_bought_over_rest(alice: User, client_for: ClientFor) -> None:
    body = client_for(alice).post("/api/auth/ticket").json()
    assert body["expires_in"] == 30
    assert session_of_ticket(body["ticket"]).user == alice
    assert APIClient().post("/api/auth/ticket").status_code == 401


def test_only_the_digest_of_a_secret_is_kept(alice: User) -> None:
    ticket = buy_ticket(session_of_token(pair_of(alice).access))
    row = OneTimeSecret.objects.get()
    assert ticket not in (row.digest, row.family)
    assert len(row.digest) == 64


def test_a_link_logs_in_once_and_its_secret_reaches_no_server_log(alice: User) -> None:
    link = login_link(alice, base_url="http://localhost:8002/", valid_for=timedelta(hours=1))
    address, _, secret = link.partition("#link=")
    assert address == "http://localhost:8002/"
    first = APIClient().post("/api/auth/link", {"secret": secret}, format="json")
    again = APIClient().post("/api/auth/link", {"secret": secret}, format="json")
    session = session_of_token(first.json()["access"])
    assert session.user == alice
    assert session.user.last_login is not None
    assert (again.status_code, again.json()["code"]) == (401, "authentication_failed")


def test_a_ticket_is_no_link_and_a_link_no_ticket(alice: User) -> None:
    ticket = buy_ticket(session_of_token(pair_of(alice).access))
    assert OneTimeSecret.spend(purpose=Purpose.LOGIN, secret=ticket) is None
    assert OneTimeSecret.spend(purpose=Purpose.SOCKET, secret=ticket) is not None


def test_an_inactive_users_secrets_open_nothing(alice: User) -> None:
    ticket = buy_ticket(session_of_token(pair_of(alice).access))
    User.objects.update(is_active=False)
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(ticket)


def test_tickets_and_links_end_with_all_log_ins(alice: User, bob: User) -> None:
    ticket, bobs = (buy_ticket(session_of_token(pair_of(user).access)) for user in (alice, bob))
    link = login_link(alice, base_url="http://localhost", valid_for=timedelta(hours=1))
    User.objects.filter(pk=alice.pk).update(token_version=2)
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(ticket)
    with pytest.raises(AuthenticationFailed):
        begin_with_link(link.partition("#link=")[2])
    assert session_of_ticket(bobs).user == bob
    later = buy_ticket(session_of_token(pair_of(User.objects.get(pk=alice.pk)).access))
    assert session_of_ticket(later).user == alice


def test_expired_secrets_are_removed(alice: User) -> None:
    for _ in range(2):
        buy_ticket(session_of_token(pair_of(alice).access))
    row = OneTimeSecret.objects.first()
    assert row is not None
    OneTimeSecret.objects.filter(pk=row.pk).update(expires_at=timezone.now())
    remove_expired()
    assert OneTimeSecret.objects.count() == 1


def test_the_command_prints_a_token(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("token", "Alice")
    assert session_of_token(capsys.readouterr().out.strip()).user == alice


def test_the_command_makes_no_user_by_a_typing_error() -> None:
    with pytest.raises(CommandError, match="--create"):
        call_command("token", "alcie")
    assert not User.objects.exists()


def test_the_command_prints_a_link(alice: User, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("loginlink", "alice", url="https://netra.example")
    assert capsys.readouterr().out.startswith("https://netra.example/#link=")


def test_log_ins_that_nobody_renewed_are_removed_and_keys_are_kept(alice: User) -> None:
    pair_of(alice)
    kept = pair_of(alice)
    newest = LogIn.objects.order_by("-pk").first()
    assert newest is not None
    LogIn.objects.exclude(pk=newest.pk).update(expires_at=timezone.now())
    create_key(user=alice, name="old", scopes=Scope, expires_at=timezone.now())
    remove_expired()
    assert LogIn.objects.get() == newest
    assert session_of_token(kept.access).user == alice
    assert ApiKey.objects.count() == 1


def test_a_ticket_ends_with_the_log_in_that_bought_it(alice: User) -> None:
    session = session_of_token(pair_of(alice).access)
    ticket = buy_ticket(session)
    end(session.family)
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(ticket)


def test_a_ticket_of_a_key_may_no_more_than_the_key(alice: User) -> None:
    row, text = create_key(user=alice, name="script", scopes=[Scope.READ])
    tickets = [buy_ticket(session_of_bearer(text)) for _ in range(2)]
    opened = session_of_ticket(tickets[0])
    assert (opened.family, opened.scopes, opened.expires_at) == (
        row.family,
        frozenset([Scope.READ]),
        None,
    )
    with pytest.raises(PermissionDenied):
        opened.require(Scope.RUN)
    revoke_key(user=alice, key_id=row.pk)
    with pytest.raises(AuthenticationFailed):
        session_of_ticket(tickets[1])
