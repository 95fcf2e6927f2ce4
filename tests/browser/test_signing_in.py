"""Who may use the chat page, and what they see of each other."""

import pytest
from playwright.async_api import Browser, expect

from tests.browser.pages import OFFLINE, REFUSED, REFUSED_OR_INVALID, UNKNOWN, ChatPage, visiting
from tests.cast import PASSWORD
from tests.stack import Stack

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_name_and_a_password_sign_in(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await expect(chat.page.get_by_text("ada", exact=True)).to_be_visible()
        await expect(chat.question).to_be_focused()


async def test_a_wrong_password_is_told_and_can_be_corrected(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url, tolerating=REFUSED) as chat:
        await chat.open()
        await chat.fill_in("ada", "wrong")
        problem = chat.page.get_by_role("alert")
        await expect(problem).to_have_text("There is no active user with this name and password.")
        await expect(chat.page.get_by_label("Password", exact=True)).to_be_focused()
        await chat.fill_in("ada", PASSWORD)
        await chat.is_connected()
        await expect(problem).to_be_hidden()


async def test_a_link_signs_in_once_and_leaves_the_address_bar(
    browser: Browser, stack: Stack
) -> None:
    link = stack.manage("loginlink", "ada", "--url", stack.url)
    async with visiting(browser, stack.url) as chat:
        await chat.page.goto(link)
        await chat.is_connected()
        assert chat.page.url == f"{stack.url}/"
        assert await chat.page.evaluate("history.length") == 2  # the blank tab, and this page
    async with visiting(browser, stack.url, tolerating=REFUSED) as again:
        await again.page.goto(link)
        problem = again.page.get_by_role("alert")
        await expect(problem).to_contain_text("was used, has expired or was ended")
        assert again.page.url == f"{stack.url}/"


async def test_a_link_opened_in_the_tab_of_another_user_changes_who_is_there(
    browser: Browser, stack: Stack
) -> None:
    link = stack.manage("loginlink", "ben", "--url", stack.url)
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        await (await chat.ask([{"say": "Hello, Ada."}])).is_answered("Hello, Ada.")
        await chat.page.goto(link)  # the same page: only what follows the # changes
        await expect(chat.page.get_by_text("ben", exact=True)).to_be_visible()
        await chat.is_connected()
        await expect(chat.articles).to_have_count(0)


async def test_a_reload_stays_signed_in_until_the_user_signs_out(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada@example.com")
        await (await chat.ask([{"say": "For Ada only."}])).is_answered("For Ada only.")
        await chat.reload()
        await chat.page.get_by_role("button", name="Sign out").click()
        await expect(chat.page.get_by_label("Password", exact=True)).to_be_visible()
        await expect(chat.page.get_by_text("For Ada only.")).to_have_count(0)
        assert chat.page.url == f"{stack.url}/"
        # As soon as the server knows of it.
        await chat.page.wait_for_function("sessionStorage.length + localStorage.length === 0")
        await chat.page.reload()
        await expect(chat.page.get_by_label("Password", exact=True)).to_be_visible()


async def test_tabs_share_one_log_in_and_its_end(browser: Browser, stack: Stack) -> None:
    async with visiting(browser, stack.url, tolerating=REFUSED) as first:
        await first.sign_in("ada")
        second = ChatPage(await first.page.context.new_page(), stack.url)
        await second.open()
        await second.is_connected()
        await first.reload()
        await second.page.get_by_role("button", name="Sign out").click()
        for tab in (first, second):
            await expect(tab.page.get_by_label("Password", exact=True)).to_be_visible()
        await first.fill_in("ben", PASSWORD)
        await second.is_connected()
        await expect(second.page.get_by_text("ben", exact=True)).to_be_visible()
        assert second.problems == []


async def test_who_signs_out_without_a_connection_is_signed_out_with_the_next(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url, tolerating=OFFLINE) as chat:
        await chat.sign_in("ada")
        context = chat.page.context
        cookies = await context.cookies(f"{stack.url}/api/auth/token/refresh")
        [kept] = [cookie["value"] for cookie in cookies if cookie["name"] == "netra_refresh"]
        await context.set_offline(True)
        await chat.page.get_by_role("button", name="Sign out").click()
        await expect(chat.page.get_by_label("Password", exact=True)).to_be_visible()
        async with chat.page.expect_response("**/api/auth/logout") as told:
            await context.set_offline(False)
        assert (await told.value).status == 204
        body = {"refresh": kept}
        assert stack.request("POST", "/api/auth/token/refresh", "ben", json=body).status_code == 401
        assert not await context.cookies(f"{stack.url}/api/auth/token/refresh")
        await chat.fill_in("ben", PASSWORD)
        await chat.is_connected()
        await chat.reload()


async def test_a_page_that_the_browser_had_put_away_looks_again_who_is_there(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        async with chat.page.expect_event("load"):
            await chat.page.evaluate(
                "dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))"
            )
        await chat.is_connected()


async def test_no_script_can_read_what_keeps_a_user_signed_in(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url) as chat:
        await chat.sign_in("ada")
        cookies = await chat.page.context.cookies(f"{stack.url}/api/auth/token/refresh")
        [refresh] = [cookie["value"] for cookie in cookies if cookie["name"] == "netra_refresh"]
        seen = await chat.page.evaluate(
            "JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])"
        )
        assert refresh not in seen
        assert "eyJ" not in seen  # how every token begins


async def test_a_mailed_link_leads_to_a_new_password(browser: Browser, stack: Stack) -> None:
    link = stack.run(
        "from datetime import timedelta\n"
        "from accounts.links import login_link\n"
        "from accounts.models import User\n"
        "user = User.objects.get(username='forgetful')\n"
        f"hour, url = timedelta(hours=1), '{stack.url}'\n"
        "print(login_link(user, base_url=url, valid_for=hour, step='reset'))"
    )
    new = "tangerine-lighthouse-7"
    async with visiting(browser, stack.url, tolerating=REFUSED_OR_INVALID) as chat:
        await chat.page.goto(link)
        field = chat.page.get_by_label("New password")
        await expect(field).to_be_focused()
        assert chat.page.url == f"{stack.url}/"
        await field.fill("forgetful")
        await chat.page.get_by_role("button", name="Set password").click()
        await expect(chat.page.get_by_role("alert")).to_contain_text("too similar to the name")
        await field.fill(new)
        await field.press("Enter")
        await chat.is_connected()
        await chat.reload()
        await chat.page.get_by_role("button", name="Sign out").click()
        await chat.fill_in("forgetful", PASSWORD)
        await expect(chat.page.get_by_role("alert")).to_contain_text("no active user")
        await chat.fill_in("forgetful", new)
        await chat.is_connected()


async def test_two_users_in_a_thread_of_one_name_see_only_their_own(
    browser: Browser, stack: Stack
) -> None:
    async with (
        visiting(browser, stack.url, tolerating=UNKNOWN) as ada,
        visiting(browser, stack.url, tolerating=UNKNOWN) as ben,
    ):
        await ada.sign_in("ada")
        await ben.sign_in("ben")
        for chat, name in ((ada, "Ada"), (ben, "Ben")):
            await chat.open("#thread=a-name-for-both")
            await chat.is_connected()
            card = await chat.ask([{"calls": [["nap", {"seconds": 0.2}]]}, {"say": name}])
            await card.is_answered(name)
        for chat, name in ((ada, "Ada"), (ben, "Ben")):
            await expect(chat.articles).to_have_count(1)
            await expect(chat.articles).to_contain_text(name)


async def test_a_session_that_the_server_ends_leads_back_to_the_form(
    browser: Browser, stack: Stack
) -> None:
    async with visiting(browser, stack.url, tolerating=REFUSED) as chat:
        await chat.sign_in("deserter")
        await (await chat.ask([{"say": "Secret."}])).is_answered("Secret.")
        code = "from accounts.models import User; User.objects.filter(username='deserter')"
        stack.run(f"{code}.update(is_active=False)")
        await expect(chat.page.get_by_label("Password", exact=True)).to_be_visible(timeout=10_000)
        await expect(chat.page.get_by_role("alert")).to_contain_text("not active")
        await expect(chat.page.get_by_text("Secret.")).to_have_count(0)
