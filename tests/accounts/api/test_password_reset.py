"""A mail with a link, for who has lost the password. The task runs here, in the request."""

import re
from collections.abc import Iterator, Sequence
from smtplib import SMTPServerDisconnected

import pytest
from celery import current_app
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from pytest_django import Settings

from accounts.links import mail_link
from accounts.models import OneTimeSecret, User
from tests.accounts.devices import bearer, post

pytestmark = pytest.mark.django_db

NEW = "tangerine-lighthouse-7"


@pytest.fixture
def mailing(settings: Settings) -> Iterator[None]:
    """Mail goes into a list, and tasks run where they are sent: there is no broker here."""
    settings.MAIL_IS_SENT = True
    settings.PUBLIC_URL = "https://netra.example"
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


@pytest.mark.parametrize("login", ["alice", "ALICE@example.com"])
def test_a_link_is_mailed_that_lets_its_reader_set_a_password(
    alice: User, mailing: None, login: str
) -> None:
    assert post("password/reset", {"login": login}) == (202, None)
    [message] = mail.outbox
    assert message.to == ["alice@example.com"]
    found = re.search(r"https://netra\.example/#reset=(\S+)", str(message.body))
    assert found is not None
    status, pair = post("link", {"secret": found[1]})
    assert status == 200
    answer = bearer(pair["access"]).post("/api/auth/password", {"new_password": NEW}, format="json")
    assert answer.status_code == 200
    assert post("token", {"username": "alice", "password": NEW})[0] == 200


@pytest.mark.parametrize(
    "login", ["nobody", "nobody@example.com", "charlie", "homeless", "x" * 254]
)
def test_others_get_the_same_answer_and_no_mail(
    alice: User, charlie: User, mailing: None, login: str
) -> None:
    User.objects.create_user("homeless")
    assert post("password/reset", {"login": login}) == (202, None)
    assert mail.outbox == []
    assert not OneTimeSecret.objects.exists()


class Rested(EmailBackend):
    """As a mail server that answers the third time."""

    refusals = 2

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        if Rested.refusals:
            Rested.refusals -= 1
            raise SMTPServerDisconnected("Connection unexpectedly closed")
        return super().send_messages(messages)


def test_a_mail_server_that_is_away_is_asked_again(
    alice: User, mailing: None, settings: Settings
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.Rested"
    assert post("password/reset", {"login": "alice"}) == (202, None)
    assert [message.to for message in mail.outbox] == [["alice@example.com"]]
    assert Rested.refusals == 0


def test_without_mail_it_says_whom_to_ask(alice: User) -> None:
    status, body = post("password/reset", {"login": "alice"})
    assert (status, body["code"]) == (403, "closed")
    assert "manage.py loginlink" in body["message"]


def test_a_broker_that_is_away_is_told(alice: User, settings: Settings) -> None:
    settings.MAIL_IS_SENT = True
    status, body = post("password/reset", {"login": "alice"})
    assert (status, body["code"]) == (503, "unavailable")


def test_nobody_is_mailed_without_end(alice: User, bob: User, mailing: None) -> None:
    for number in range(6):
        address = {"X-Forwarded-For": f"198.51.100.{number}"}
        status, _ = post("password/reset", {"login": "alice"}, **address)
    assert status == 429
    assert len(mail.outbox) == 5


def test_one_address_does_not_ask_for_everybody(mailing: None) -> None:
    answers = [post("password/reset", {"login": f"user{number}"})[0] for number in range(6)]
    assert answers == [202] * 5 + [429]


def test_nothing_is_sent_to_an_address_that_two_could_mean(alice: User, mailing: None) -> None:
    mail_link("")
    assert mail.outbox == []


def test_ways_to_write_a_name_are_mailed_together(alice: User, bob: User, mailing: None) -> None:
    for login in ("alice", "Alice", "ALICE", "alice@example.com", "Alice@Example.com", "aLICE"):
        mail_link(login)
    mail_link("bob")
    assert [message.to for message in mail.outbox] == [["alice@example.com"]] * 5 + [
        ["bob@example.com"]
    ]


def test_who_has_used_up_or_lost_the_links_gets_another(alice: User, mailing: None) -> None:
    for _ in range(6):
        mail_link("alice")
    OneTimeSecret.objects.filter(pk__in=OneTimeSecret.objects.all()[:1]).delete()
    mail_link("alice")
    assert len(mail.outbox) == 6
    alice.end_log_ins()
    mail_link("alice")
    assert len(mail.outbox) == 7


def test_spaces_make_no_other_name(mailing: None, settings: Settings) -> None:
    settings.THROTTLES = {"mail": 100, "mail_to": 5}
    logins = ["alice", " alice", "alice ", "\talice", "ALICE", "  alice"]
    answers = [post("password/reset", {"login": login})[0] for login in logins]
    assert answers == [202] * 5 + [429]
