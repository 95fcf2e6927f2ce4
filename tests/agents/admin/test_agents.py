"""Agents in the admin: made, changed, rolled back, with the services' validation at the fields."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import User
from agents.models import Access, Agent, AgentAlias, AgentVersion
from agents.services.agents import install_shipped_agents
from agents.services.details import details_of, update_agent
from tests.administration import list_of, page_of, root, signed_in, staff
from tests.agents.factories import make_agent, make_run

NEW = {
    "name": "scribe",
    "title": "Scribe",
    "access": "users",
    "is_enabled": "on",
    "model": "builtin",
    "instructions": "Write.\nBriefly.",
    "tools": ["inspect_data", "analyze_costs"],
    "opening_tool": "inspect_data",
    "plan": "data_analysis",
    "parameters_schema": '{"type": "object"}',
    "timeout_seconds": "60",
    "step_limit": "5",
    "cost_limit_usd": "0.5",
    "aliases": "writer, penman",
    "reason": "needed",
}
ADD = f"{list_of(Agent)}add/"


@pytest.fixture
def client(db: None) -> Client:
    return signed_in(root())


@pytest.fixture
def scribe(client: Client) -> Agent:
    answer = client.post(ADD, NEW)
    assert answer.status_code == 302, errors_in(answer)
    return Agent.objects.get(name="scribe")


def errors_in(answer: Any) -> dict[str, list[str]]:
    return dict(answer.context["adminform"].form.errors)


def save(client: Client, agent: Agent, **changes: Any) -> Any:
    """Send the form as the page shows it, with changes; a field of None is left out."""
    form = client.get(page_of(agent)).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    given = {**{name: _sent(value) for name, value in shown.items()}, **changes}
    return client.post(
        page_of(agent), {name: value for name, value in given.items() if value is not None}
    )


def _sent(value: Any) -> Any:
    """A value of a field, as a browser sends it."""
    if isinstance(value, str):
        return value.replace("\n", "\r\n")
    if isinstance(value, bool):
        return "on" if value else None
    if hasattr(value, "values_list"):
        return list(value.values_list("pk", flat=True))
    return value


def versions_of(agent: Agent) -> list[int]:
    return list(agent.versions.order_by("number").values_list("number", flat=True))


def current(agent: Agent) -> AgentVersion:
    version = Agent.objects.select_related("current__created_by").get(pk=agent.pk).current
    assert version is not None
    return version


def test_an_agent_is_made_with_its_first_version(scribe: Agent) -> None:
    version = current(scribe)
    assert (version.number, version.source, version.reason) == (1, "admin", "needed")
    assert version.created_by is not None
    assert version.created_by.username == "root"
    assert version.tools == ["inspect_data", "analyze_costs"]
    assert version.instructions == "Write.\nBriefly."
    assert sorted(scribe.aliases.values_list("name", flat=True)) == ["penman", "writer"]
    assert LogEntry.objects.get().object_repr == "scribe"


def test_saving_what_is_shown_makes_no_version(client: Client, scribe: Agent) -> None:
    assert save(client, scribe).status_code == 302
    assert versions_of(scribe) == [1]


def test_saving_a_shipped_agent_as_it_is_changes_nothing(client: Client) -> None:
    install_shipped_agents()
    for agent in Agent.objects.all():
        before = current(agent)
        answer = save(client, agent)
        assert answer.status_code == 302, errors_in(answer)
        assert current(agent) == before


def test_a_change_makes_a_version_with_reason_and_author(client: Client, scribe: Agent) -> None:
    answer = save(client, scribe, instructions="Write more.", reason="too short")
    assert answer.status_code == 302, errors_in(answer)
    version = current(scribe)
    assert (version.number, version.instructions, version.reason) == (2, "Write more.", "too short")
    assert AgentVersion.objects.get(agent=scribe, number=1).instructions == "Write.\nBriefly."


def test_a_title_or_access_changes_without_a_version(client: Client, scribe: Agent) -> None:
    group = Group.objects.create(name="writers")
    save(client, scribe, title="The scribe", access="groups", groups=[group.pk], aliases="quill")
    scribe.refresh_from_db()
    assert (scribe.title, scribe.access) == ("The scribe", Access.GROUPS)
    assert list(scribe.groups.all()) == [group]
    assert list(scribe.aliases.values_list("name", flat=True)) == ["quill"]
    assert versions_of(scribe) == [1]
    assert "scribe" in client.get(page_of(group)).text


def test_a_new_default_takes_the_flag_from_the_old(client: Client, scribe: Agent) -> None:
    install_shipped_agents()
    save(client, scribe, is_default="on")
    assert [agent.name for agent in Agent.objects.filter(is_default=True)] == ["scribe"]


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("model", "gpt-5", "provider:model"),
        ("opening_tool", "inspect_data", "one of the agent's tools"),
        ("approval_tools", "usage_patterns", "Not among the agent's tools: usage_patterns"),
        ("parameters_schema", '{"type": "array"}', "object"),
        ("parameters_schema", "[1]", "dict"),
        ("parameters_schema", "{", "JSON"),
        ("parameters_schema", "[" * 50_000, "JSON"),
        ("parameters_schema", "1" * 5_000, "JSON"),
        ("timeout_seconds", "0", "greater than or equal to 1"),
        ("timeout_seconds", "soon", "whole number"),
        ("step_limit", "100000", "less than or equal to"),
        ("token_limit", "-1", "greater than or equal to 1"),
        ("cost_limit_usd", "0.00001", "decimal places"),
        ("reason", "because " * 40, "at most"),
        ("title", "", "required"),
        ("title", "a\x00b", "Null characters"),
        ("instructions", "a\x00b", "Null characters"),
        ("parameters_schema", '{"type": "object", "title": "\\u0000"}', "NUL"),
        ("aliases", "status", "reserved"),
        ("aliases", "Not-A-Name", "Begin with a letter"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    client: Client, scribe: Agent, field: str, value: str, told: str
) -> None:
    changes: dict[str, Any] = {"tools": []} if field == "opening_tool" else {}
    answer = save(client, scribe, **{**changes, field: value})
    assert answer.status_code == 200
    errors = errors_in(answer)
    assert list(errors) == [field]
    assert told in " ".join(errors[field])
    assert versions_of(scribe) == [1]


@pytest.mark.parametrize("name", ["list", "Scribe!", "s", "helper", "other"])
def test_a_name_that_cannot_be_is_refused(client: Client, name: str) -> None:
    AgentAlias.objects.create(name="other", agent=make_agent())
    assert list(errors_in(client.post(ADD, {**NEW, "name": name}))) == ["name"]
    assert Agent.objects.count() == 1


def test_a_name_stays(client: Client, scribe: Agent) -> None:
    save(client, scribe, name="renamed")
    assert Agent.objects.filter(name="scribe").exists()


def test_a_tool_that_is_gone_is_shown_and_told(client: Client, scribe: Agent) -> None:
    AgentVersion.objects.filter(agent=scribe).update(tools=["inspect_data", "vanished"])
    assert "vanished: not installed" in client.get(page_of(scribe)).text
    assert "vanished" in " ".join(errors_in(save(client, scribe))["tools"])
    assert save(client, scribe, tools=["inspect_data"]).status_code == 302
    assert current(scribe).tools == ["inspect_data"]


def test_who_comes_second_is_told(client: Client, scribe: Agent) -> None:
    assert save(client, scribe, instructions="First.").status_code == 302
    answer = save(client, scribe, instructions="Second.", seen_version="1")
    assert "at version 2 now" in " ".join(errors_in(answer)["__all__"])
    assert current(scribe).instructions == "First."


@pytest.mark.parametrize("change", [{"access": "groups"}, {"is_enabled": False}, {"aliases": []}])
def test_a_form_does_not_undo_what_others_did_since(
    client: Client, scribe: Agent, change: dict[str, Any]
) -> None:
    seen = client.get(page_of(scribe)).context["adminform"].form["seen_details"].value()
    update_agent(agent=scribe, changes=change, by=None)
    before = details_of(Agent.objects.get(pk=scribe.pk))
    answer = save(client, scribe, access="users", is_enabled="on", seen_details=seen)
    assert "Somebody else has changed this agent" in " ".join(errors_in(answer)["__all__"])
    assert details_of(Agent.objects.get(pk=scribe.pk)) == before
    assert save(client, scribe, title="Anew").status_code == 302


def test_a_page_that_cannot_be_shown_does_not_lead_to_itself(
    client: Client, scribe: Agent, settings: Any
) -> None:
    settings.EXTENSIONS = ["no_such_module"]
    answer = client.get(page_of(scribe), follow=True)
    assert answer.redirect_chain == [("/admin/", 302)]
    assert "An extension cannot be imported here" in answer.text


def test_a_choice_that_no_row_can_have_is_refused(client: Client) -> None:
    answer = client.post(ADD, {**NEW, "groups": ["9" * 40]}, follow=True)
    assert answer.status_code == 200
    assert not Agent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_model_without_its_key_is_taken_with_a_warning() -> None:
    client = signed_in(root())
    answer = client.post(ADD, {**NEW, "model": "openai-chat:gpt-5"}, follow=True)
    assert current(Agent.objects.get(name="scribe")).model == "openai-chat:gpt-5"
    assert "The model &#x27;openai-chat:gpt-5&#x27; cannot be used" in answer.text


def test_versions_show_what_each_changed(client: Client, scribe: Agent) -> None:
    save(client, scribe, instructions="Write.\n<b>At length</b>.", tools=["inspect_data"])
    shown = client.get(page_of(current(scribe)))
    by_field = {found.field: found.lines for found in shown.context["differences"]}
    assert ("removed", "-Briefly.") in by_field["instructions"]
    assert ("added", "+<b>At length</b>.") in by_field["instructions"]
    assert set(by_field) == {"instructions", "tools"}
    assert "&lt;b&gt;At length&lt;/b&gt;" in shown.text
    assert "<b>At length</b>" not in shown.text


def test_tools_are_put_under_approval(client: Client, scribe: Agent) -> None:
    save(client, scribe, approval_tools=["analyze_costs"])
    version = current(scribe)
    assert (version.number, version.approval_tools) == (2, ["analyze_costs"])
    shown = client.get(page_of(version))
    assert [found.field for found in shown.context["differences"]] == ["approval tools"]
    assert "Tools that need approval" in shown.text


def test_rolling_back_makes_a_new_version(client: Client, scribe: Agent) -> None:
    save(client, scribe, instructions="Worse.")
    first = AgentVersion.objects.get(agent=scribe, number=1)
    answer = client.post(page_of(first, "press", "roll-back"))
    assert answer.headers["Location"] == page_of(scribe)
    version = current(scribe)
    assert (version.number, version.instructions) == (3, first.instructions)
    assert version.reason == "Back to version 1."
    told = LogEntry.objects.filter(object_id=str(scribe.pk)).values_list(
        "change_message", flat=True
    )
    assert "Back to version 1, as version 3." in told
    assert LogEntry.objects.filter(object_repr="scribe v1").exists()


def test_rolling_back_to_a_tool_that_is_gone_is_refused(client: Client, scribe: Agent) -> None:
    save(client, scribe, tools=["analyze_costs"], opening_tool="")
    first = AgentVersion.objects.get(agent=scribe, number=1)
    AgentVersion.objects.filter(pk=first.pk).update(tools=["vanished"], opening_tool="")
    answer = client.post(page_of(first, "press", "roll-back"), follow=True)
    assert "Not installed: vanished" in answer.text
    assert versions_of(scribe) == [1, 2]


def test_an_agent_is_disabled_and_enabled(client: Client, scribe: Agent) -> None:
    client.post(page_of(scribe, "press", "disable"))
    assert not Agent.objects.get(pk=scribe.pk).is_enabled
    client.post(page_of(scribe, "press", "enable"))
    assert Agent.objects.get(pk=scribe.pk).is_enabled


def test_an_agent_that_never_ran_is_deleted_with_its_versions(
    client: Client, scribe: Agent
) -> None:
    assert client.post(page_of(scribe, "delete"), {"post": "yes"}).status_code == 302
    assert not Agent.objects.exists()
    assert not AgentVersion.objects.exists()


def test_an_agent_with_runs_is_not_deleted(client: Client, alice: User, scribe: Agent) -> None:
    scribe.refresh_from_db()
    make_run(alice, agent=scribe)
    assert "1 runs: they keep it. Disable it instead." in client.get(page_of(scribe, "delete")).text
    client.post(page_of(scribe, "delete"), {"post": "yes"})
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [scribe.pk]}
    client.post(list_of(Agent), chosen)
    assert Agent.objects.filter(pk=scribe.pk).exists()


def test_who_may_only_look_changes_no_agent(client: Client, scribe: Agent) -> None:
    save(client, scribe, instructions="Other.")
    viewer = signed_in(staff("viewer", "view_agent"))
    first = AgentVersion.objects.get(agent=scribe, number=1)
    assert viewer.get(page_of(scribe)).status_code == 200
    assert viewer.get(page_of(first)).status_code == 200
    assert viewer.post(page_of(scribe), NEW).status_code == 403
    assert viewer.post(page_of(first, "press", "roll-back")).status_code == 403
    assert viewer.post(page_of(scribe, "press", "disable")).status_code == 403
    assert versions_of(scribe) == [1, 2]


def test_a_version_is_never_typed_in(client: Client, scribe: Agent) -> None:
    version = current(scribe)
    assert client.post(page_of(version), {"instructions": "x"}).status_code == 403
    assert client.post(page_of(version, "delete"), {"post": "yes"}).status_code == 403
    assert current(scribe).instructions == NEW["instructions"]


def test_hostile_text_in_an_agent_stays_text(client: Client, scribe: Agent) -> None:
    evil = "</textarea><script>alert(1)</script>"
    save(client, scribe, title=evil, instructions=evil, description=evil)
    for address in (page_of(scribe), list_of(Agent), page_of(current(scribe))):
        assert "<script>alert" not in client.get(address).text
