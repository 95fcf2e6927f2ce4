from accounts.log_ins import begin
from accounts.models import LogIn, User


def test_an_access_token_is_short_enough_to_stand_seven_times_in_one_header(alice: User) -> None:
    assert len(begin(alice, LogIn.Means.PASSWORD).access) < 700
