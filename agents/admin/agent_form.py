"""The form of an agent: what it is, and what its next version does. The services validate it."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminTextareaWidget, AdminTextInputWidget
from django.contrib.auth.models import Group
from django.forms.fields import InvalidJSONInput

from accounts.admin.typed import RowForm
from agents.catalog.analyst import Plan
from agents.models import Access, Agent, AgentVersion
from agents.services.configuration import canonical, problems_in
from agents.services.content import AgentConfiguration
from agents.services.details import details_of, problems_in_details, problems_in_new
from agents.services.problems import Problems, problems_with_reason
from agents.services.tools import can_open, describe_tools

DETAILS = ("title", "description", "access", "groups", "is_enabled", "is_default", "aliases")
CONTENT = AgentVersion.CONTENT
CHANGED_BY_OTHERS = (
    "Somebody else has changed this agent meanwhile: {what}. "
    "Copy what you wrote, look at the agent anew, and change that."
)


class Words(forms.CharField):
    """Names with spaces, commas or lines between them, as a list."""

    def to_python(self, value: Any) -> Any:
        return str(value or "").replace(",", " ").split()

    def prepare_value(self, value: Any) -> Any:
        return " ".join(value) if isinstance(value, list) else value


class Prose(forms.CharField):
    """Text with lines, which browsers end with CR LF whatever they were given."""

    widget = AdminTextareaWidget

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).replace("\r\n", "\n")


class Json(forms.JSONField):
    """JSON; other than Django's own, it survives numbers and depths that Python does not read."""

    def to_python(self, value: Any) -> Any:
        try:
            return super().to_python(value)
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            return super().bound_data(data, initial)
        except (ValueError, RecursionError):
            return InvalidJSONInput(data)


class AgentForm(RowForm):
    """Takes the fields apart into the agent's own and those of a version."""

    name = forms.CharField(
        widget=AdminTextInputWidget,
        help_text="Small letters, digits and _. It cannot be changed later.",
    )
    title = forms.CharField(widget=AdminTextInputWidget, help_text="What people read.")
    description = Prose(widget=AdminTextareaWidget(attrs={"rows": 3}), required=False)
    access = forms.ChoiceField(
        choices=[
            (Access.PUBLIC, "Public: found without signing in, asked by every user"),
            (Access.USERS, "Users: found and asked by every user"),
            (Access.GROUPS, "Groups: found and asked by members of the groups below"),
        ],
        widget=forms.RadioSelect,
        initial=Access.USERS,
    )
    groups = forms.ModelMultipleChoiceField(
        Group.objects.order_by("name"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_enabled = forms.BooleanField(required=False, initial=True, label="Enabled")
    is_default = forms.BooleanField(
        required=False,
        label="Default",
        help_text="Asked when nobody says which agent. There is one: it takes this from another.",
    )
    aliases = Words(
        required=False,
        widget=AdminTextInputWidget,
        help_text="Other names that it answers to, with spaces between them.",
    )

    model = forms.CharField(
        required=False,
        widget=AdminTextInputWidget,
        help_text="builtin, or provider:model such as openai-chat:gpt-5. Empty: the default.",
    )
    instructions = Prose(
        widget=AdminTextareaWidget(attrs={"rows": 20}), required=False, strip=False
    )
    tools = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    approval_tools = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Those of its tools whose calls somebody has to approve, one by one. Tools that "
        "say so themselves need it anyway.",
    )
    opening_tool = forms.ChoiceField(
        required=False, help_text="Called with the question before the model speaks."
    )
    plan = forms.ChoiceField(
        required=False,
        choices=[("", "None"), *((plan.value, plan.value) for plan in Plan)],
        help_text="What the built-in analyst does for this agent.",
    )
    parameters_schema = Json(
        required=False,
        widget=AdminTextareaWidget(attrs={"rows": 10, "spellcheck": "false"}),
        help_text="JSON schema of what callers may pass as parameters; {} allows everything.",
    )
    timeout_seconds = forms.IntegerField(initial=300, label="Time limit (s)")
    step_limit = forms.IntegerField(initial=20, label="Steps")
    token_limit = forms.IntegerField(required=False, label="Tokens")
    cost_limit_usd = forms.DecimalField(required=False, label="Cost (US dollars)")
    reason = forms.CharField(
        required=False,
        widget=AdminTextInputWidget,
        help_text="Why you change it; kept with the version if there is a new one.",
    )
    # What the form showed, however long ago: nobody shall undo unawares what others did since.
    seen_version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen_details = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Agent
        exclude = ("name", *DETAILS, "current")  # the services write them

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        agent: Agent = self.instance
        self.version = agent.current if agent.pk else None
        if agent.pk:
            self._show(agent)
        self._offer_tools(self.version.tools if self.version else ())

    def changes(self) -> dict[str, Any]:
        """What the services are asked to write, without fields that the form refused itself."""
        given = {name: self.cleaned_data[name] for name in DETAILS if name in self.cleaned_data}
        if "groups" in given:
            given["groups"] = [group.name for group in given["groups"]]
        return given

    def content(self) -> dict[str, Any]:
        given = {name: self.cleaned_data[name] for name in CONTENT if name in self.cleaned_data}
        for field in ("tools", "approval_tools"):
            if field in given:
                given[field] = self._in_their_order(field, given[field])
        if given.get("parameters_schema", {}) is None:
            given["parameters_schema"] = {}
        return given

    def clean(self) -> dict[str, Any]:
        for field, texts in self._problems().items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, texts)
        if what := self._change_by_others():
            self.add_error(None, CHANGED_BY_OTHERS.format(what=what))
        return self.cleaned_data

    def _change_by_others(self) -> str | None:
        number, seen = self._number(), self.cleaned_data.get("seen_version")
        if number is not None and seen not in (None, number):
            return f"it is at version {number} now"
        if self.cleaned_data.get("seen_details") not in (
            "",
            None,
            self.initial.get("seen_details"),
        ):
            return "its title, its names or who may ask it"
        return None

    def _problems(self) -> Problems:
        reason = problems_with_reason(self.cleaned_data.get("reason", ""))
        if not self.instance.pk:
            new = {"name": self.cleaned_data.get("name", ""), **self.changes(), **self.content()}
            return {**reason, **problems_in_new(new)}
        now = self.version.content() if self.version else AgentConfiguration().content()
        own = problems_in_details(self.instance, self.changes())
        return {**reason, **own, **problems_in({**now, **self.content()})}

    def _number(self) -> int | None:
        return self.version.number if self.version else None

    def _show(self, agent: Agent) -> None:
        details = details_of(agent)
        shown: dict[str, Any] = {**details, "groups": agent.groups.all()}
        shown["seen_details"] = hashlib.sha256(canonical(details).encode()).hexdigest()
        if self.version is not None:
            shown |= self.version.content() | {"seen_version": self.version.number}
        self.initial.update(shown)

    def _offer_tools(self, chosen: Iterable[str]) -> None:
        """All that are installed, and those that the version names though they are not."""
        if "tools" not in self.fields:  # for who may only look
            return
        described = describe_tools()
        offered = {tool.name: f"{tool.name}: {_first_line(tool.description)}" for tool in described}
        gone = {name: f"{name}: not installed" for name in chosen if name not in offered}
        choices: Mapping[str, str] = {**offered, **gone}
        opening = [(tool.name, tool.name) for tool in described if can_open(tool.name)]
        _choices(self.fields["tools"], choices.items())
        _choices(self.fields["approval_tools"], [(name, name) for name in choices])
        _choices(self.fields["opening_tool"], [("", "None"), *opening])
        if default := settings.MODEL:
            self.fields["model"].help_text = f"{self.base_fields['model'].help_text} ({default})"

    def _in_their_order(self, field: str, chosen: list[str]) -> list[str]:
        """As they were, new ones after them: another order would be another version."""
        before = getattr(self.version, field) if self.version else []
        kept = [name for name in before if name in chosen]
        return [*kept, *(name for name in chosen if name not in kept)]


def _choices(field: Any, choices: Iterable[tuple[str, str]]) -> None:
    field.choices = list(choices)


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
