"""What staff may do to users in the admin, and what only superusers may."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission

from accounts import log_ins
from accounts.keys import create_key
from accounts.models import ApiKey, LogIn, OneTimeSecret, User
from accounts.scopes import Scope
from tests.administration import list_of, page_of, root, signed_in, staff
from tests.cast import PASSWORD, appear

USERS = list_of(User)
HELPER = ("view_user", "add_user", "change_user", "delete_user")


def as_posted(user: User, **changes: object) -> dict[str, object]:
    """What the form of a user's page sends if only `changes` were made in it."""
    shown = {"username": user.username, "email": user.email, "first_name": "", "last_name": ""}
    flags = {
        name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(user, name)
    }
    return {**shown, **flags, **changes}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_a_user_is_made_with_name_address_and_password(db: None) -> None:
    made = {"username": "dora", "email": "dora@example.com", "usable_password": "true"}
    client = signed_in(root())
    answer = client.post(f"{USERS}add/", {**made, "password1": PASSWORD, "password2": PASSWORD})
    assert answer.status_code == 302
    dora = User.objects.get(username="dora")
    assert dora.email == "dora@example.com"
    assert dora.check_password(PASSWORD)


def test_a_name_or_address_that_is_taken_is_told_at_its_field(alice: User) -> None:
    client = signed_in(root())
    given = {"username": "Alice", "email": "ALICE@example.com", "usable_password": "true"}
    answer = client.post(f"{USERS}add/", {**given, "password1": PASSWORD, "password2": PASSWORD})
    errors = answer.context["adminform"].form.errors
    assert errors["username"] == ["Somebody has this name already."]
    bob = appear("bob")
    answer = client.post(page_of(bob), as_posted(bob, email="Alice@example.com"))
    assert answer.context["adminform"].form.errors == {
        "email": ["Somebody has this address already."]
    }


def test_users_are_found_by_name_and_address(alice: User, bob: User) -> None:
    found = signed_in(root()).get(USERS, {"q": "alice@"})
    assert "bob" not in found.text
    assert page_of(alice) in found.text


def test_a_user_shows_log_ins_and_keys_but_no_secret(alice: User) -> None:
    pair = log_ins.begin(alice, LogIn.Means.PASSWORD)
    _, text = create_key(user=alice, name="nightly", scopes=[Scope.READ])
    shown = signed_in(root()).get(page_of(alice)).text
    assert "nightly" in shown
    assert "Password" in shown
    assert text not in shown
    assert pair.access not in shown


def test_one_log_in_is_ended_from_the_users_page(alice: User) -> None:
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    log_ins.begin(alice, LogIn.Means.LINK)
    first = LogIn.objects.get(means=LogIn.Means.PASSWORD)
    here = page_of(alice)
    answer = signed_in(root()).post(page_of(first, "press", "end"), {"next": here})
    assert answer.headers["Location"] == here
    assert [row.means for row in LogIn.objects.live()] == [LogIn.Means.LINK]
    assert LogEntry.objects.get(object_id=str(first.pk)).change_message == "End."


def test_a_button_leads_to_no_other_site(alice: User) -> None:
    away = {"next": "https://elsewhere.example/"}
    answer = signed_in(root()).post(page_of(alice, "press", "log-out"), away)
    assert answer.headers["Location"] == page_of(alice)


def test_a_key_is_revoked(alice: User) -> None:
    key, _ = create_key(user=alice, name="nightly", scopes=[Scope.READ])
    signed_in(root()).post(page_of(key, "press", "end"))
    assert not ApiKey.objects.live().exists()


def test_nobody_makes_a_key_for_somebody_else(alice: User) -> None:
    assert signed_in(root()).get(f"{list_of(ApiKey)}add/").status_code == 403


def test_a_button_ends_all_log_ins_and_keys(alice: User) -> None:
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    create_key(user=alice, name="nightly", scopes=[Scope.READ])
    signed_in(root()).post(page_of(alice, "press", "log-out"))
    assert not LogIn.objects.live().exists()
    assert not ApiKey.objects.live().exists()


def test_a_user_is_deactivated_and_activated(alice: User) -> None:
    client = signed_in(root())
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    client.post(page_of(alice, "press", "deactivate"))
    assert not fresh(alice).is_active
    assert not LogIn.objects.live().exists()
    client.post(page_of(alice, "press", "activate"))
    assert fresh(alice).is_active
    assert not LogIn.objects.live().exists()


def test_nobody_deactivates_themselves(db: None) -> None:
    user = root()
    signed_in(user).post(page_of(user, "press", "deactivate"))
    assert fresh(user).is_active


def test_looking_changes_nothing(alice: User) -> None:
    client = signed_in(root())
    for name in ("log-out", "deactivate", "link"):
        assert client.get(page_of(alice, "press", name)).status_code == 405
    assert client.post(page_of(alice, "press", "nothing")).status_code == 404
    assert (fresh(alice).token_version, fresh(alice).is_active) == (1, True)
    assert not OneTimeSecret.objects.exists()
    assert not LogEntry.objects.exists()


def test_a_log_in_link_is_shown_once_and_kept_nowhere(alice: User) -> None:
    client = signed_in(root())
    answer = client.post(page_of(alice, "press", "link"))
    link = answer.context["link"]
    assert link in answer.text
    assert "no-store" in answer.headers["Cache-Control"]
    pair = log_ins.begin_with_link(link.partition("#link=")[2])
    assert log_ins.find(log_ins.family_of(pair.refresh)).user == alice
    assert link not in client.get(page_of(alice)).text
    assert not [entry for entry in LogEntry.objects.all() if link in entry.change_message]


def test_many_are_logged_out_or_deactivated_at_once(alice: User, bob: User, charlie: User) -> None:
    client, chosen = signed_in(root()), {"_selected_action": [alice.pk, bob.pk]}
    client.post(USERS, {"action": "log-out", **chosen})
    assert [fresh(user).token_version for user in (alice, bob, charlie)] == [2, 2, 1]
    client.post(USERS, {"action": "deactivate", **chosen})
    assert not User.objects.filter(pk__in=[alice.pk, bob.pk], is_active=True).exists()


@pytest.mark.parametrize("field", ["is_superuser", "is_staff"])
def test_staff_raise_nobody(alice: User, field: str) -> None:
    helper = staff("helper", *HELPER)
    client = signed_in(helper)
    for user in (alice, helper):
        answer = client.post(page_of(user), as_posted(user, **{field: "on", "first_name": "New"}))
        assert answer.status_code == 302
        assert fresh(user).first_name == "New"
        assert not fresh(user).is_superuser
        assert fresh(user).is_staff == (user == helper)


def test_staff_hand_out_no_permissions_and_no_groups(alice: User) -> None:
    helper = staff("helper", *HELPER)
    group = Group.objects.create(name="mighty")
    every = [permission.pk for permission in Permission.objects.all()]
    wanted = {"groups": [group.pk], "user_permissions": every}
    for user in (alice, helper):
        signed_in(helper).post(page_of(user), as_posted(user, **wanted))
        assert not fresh(user).groups.exists()
    assert not fresh(alice).user_permissions.exists()
    assert fresh(helper).user_permissions.count() == len(HELPER)


def test_staff_touch_no_superuser_and_no_other_staff(db: None) -> None:
    client = signed_in(staff("helper", *HELPER))
    for user in (root(), staff("colleague", "view_user")):
        assert client.get(page_of(user)).status_code == 200  # to look at
        assert client.post(page_of(user), as_posted(user, email="a@b.example")).status_code == 403
        password = f"/admin/accounts/user/{user.pk}/password/"
        assert client.get(password).status_code == 403
        assert client.get(page_of(user, "delete")).status_code == 403
        for name in ("log-out", "link", "deactivate"):
            assert client.post(page_of(user, "press", name)).status_code == 403
        chosen = {"_selected_action": [user.pk]}
        client.post(USERS, {"action": "deactivate", **chosen})
        client.post(USERS, {"action": "delete_selected", "post": "yes", **chosen})
        assert fresh(user).is_active


def test_who_may_only_look_presses_nothing(alice: User) -> None:
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    client = signed_in(staff("viewer", "view_user", "view_login"))
    shown = client.get(page_of(alice)).text
    assert "/press/" not in shown
    for row, name in ((alice, "log-out"), (LogIn.objects.get(), "end")):
        assert client.post(page_of(row, "press", name)).status_code == 403
    client.post(USERS, {"action": "log-out", "_selected_action": [alice.pk]})
    assert LogIn.objects.live().exists()


def test_what_may_not_be_seen_is_not_shown_with_the_user(alice: User) -> None:
    create_key(user=alice, name="nightly", scopes=[Scope.READ])
    assert "nightly" not in signed_in(staff("viewer", "view_user")).get(page_of(alice)).text


def test_deleting_a_user_tells_what_goes_with_it(alice: User) -> None:
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    client = signed_in(root())
    assert "1 log-ins" in client.get(page_of(alice, "delete")).text
    client.post(page_of(alice, "delete"), {"post": "yes"})
    assert not User.objects.filter(pk=alice.pk).exists()
    assert not LogIn.objects.exists()


def test_a_deletion_needs_the_permission_for_what_goes_with_it(alice: User) -> None:
    log_ins.begin(alice, LogIn.Means.PASSWORD)
    client = signed_in(staff("helper", *HELPER))
    client.post(page_of(alice, "delete"), {"post": "yes"})
    assert User.objects.filter(pk=alice.pk).exists()
