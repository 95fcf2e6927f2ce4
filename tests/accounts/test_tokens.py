import pytest

from accounts import tokens
from accounts.exceptions import AuthenticationFailed
from accounts.models import User


def test_an_access_token_is_short_enough_to_stand_seven_times_in_one_header(alice: User) -> None:
    assert len(tokens.issue(alice).access) < 700


def test_raising_the_version_ends_every_token(alice: User) -> None:
    pair = tokens.issue(alice)
    assert tokens.owner(tokens.decode(tokens.AccessToken, pair.access)) == alice
    User.objects.filter(pk=alice.pk).update(token_version=2)
    with pytest.raises(AuthenticationFailed):
        tokens.owner(tokens.decode(tokens.AccessToken, pair.access))
    with pytest.raises(AuthenticationFailed):
        tokens.renew(pair.refresh)
