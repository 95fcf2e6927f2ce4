"""Links that log a user in once, and the mail that brings one to who has lost the password."""

from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from accounts.exceptions import Closed
from accounts.models import OneTimeSecret, Purpose, User
from accounts.names import named

MAILED_LINK_LIFETIME = timedelta(hours=1)
LINKS_PER_USER = 5  # that may wait to be used; who needs another has one of them in the mailbox
SUBJECT = "Your log-in link for Netra"
TEXT = """Hello {name},

somebody, we hope you, asked for a link that logs you in to Netra and lets you set a new password:

{link}

It works once, within an hour. If it was not you who asked, do nothing: nobody else has the link.
"""


def login_link(user: User, *, base_url: str, valid_for: timedelta, step: str = "link") -> str:
    """
    A link to the chat page; its secret stands behind the #, so no server log ever holds it.

    `step` is what the page does with it: `link` logs in, `reset` asks for a new password then.
    """
    secret = OneTimeSecret.issue(purpose=Purpose.LOGIN, user=user, valid_for=valid_for)
    return f"{base_url.rstrip('/')}/#{step}={secret}"


def check_mail_is_sent() -> None:
    """Raise Closed where no mail is configured."""
    if not settings.MAIL_IS_SENT:
        raise Closed(
            "This server sends no mail. Ask an administrator for a log-in link: "
            "`manage.py loginlink USER` makes one."
        )


def mail_link(login: str) -> None:
    """
    Send a link to the active user of this name or address; nothing happens if there is none.

    Nor to who has some already: a person has several ways to be written, and each may be asked for.
    A limit that the asker sees would say which of them are one.
    """
    user = named(login)
    if user is None or not user.is_active or not user.email or _has_links_enough(user):
        return
    link = login_link(
        user, base_url=settings.PUBLIC_URL, valid_for=MAILED_LINK_LIFETIME, step="reset"
    )
    send_mail(SUBJECT, TEXT.format(name=user.username, link=link), None, [user.email])


def _has_links_enough(user: User) -> bool:
    links = OneTimeSecret.objects.filter(
        user=user,
        purpose=Purpose.LOGIN,
        token_version=user.token_version,
        expires_at__gt=timezone.now(),
    )
    return links.count() >= LINKS_PER_USER
