from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.exceptions import AuthenticationFailed
from accounts.log_ins import begin
from accounts.models import LogIn, User
from accounts.tokens import AccessToken, RefreshToken, decode, sign


def test_an_access_token_is_short_enough_to_stand_seven_times_in_one_header(alice: User) -> None:
    assert len(begin(alice, LogIn.Means.PASSWORD).access) < 700


def refresh_token_made(*, seconds_ago: float) -> str:
    at = timezone.now() - timedelta(seconds=seconds_ago)
    return sign(user_id=1, family="f" * 32, generation=1, at=at).refresh


def test_a_token_of_a_server_whose_clock_is_ahead_is_good() -> None:
    decode(RefreshToken, refresh_token_made(seconds_ago=-5))
    with pytest.raises(AuthenticationFailed):
        decode(RefreshToken, refresh_token_made(seconds_ago=-60))


def test_a_token_is_good_no_longer_for_that() -> None:
    fortnight = timedelta(days=14).total_seconds()
    decode(RefreshToken, refresh_token_made(seconds_ago=fortnight - 2))
    with pytest.raises(AuthenticationFailed):
        decode(RefreshToken, refresh_token_made(seconds_ago=fortnight + 1))
    token = AccessToken()
    token["family"], token["user_id"] = "f" * 32, "1"
    decode(AccessToken, str(token))
    token.set_exp(lifetime=timedelta(seconds=-1))
    with pytest.raises(AuthenticationFailed):
        decode(AccessToken, str(token))
