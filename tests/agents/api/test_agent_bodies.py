"""Whatever JSON staff send to change agents, it is done or refused, and never a server error."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from rest_framework.test import APIClient

from accounts import log_ins
from accounts.models import LogIn
from agents.api.changes import AgentCreate, Rollback
from tests.agents.factories import make_agent
from tests.cast import appear

pytestmark = pytest.mark.django_db

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=8)
    | st.sampled_from(["helper", "list", "openai-chat:x", "inspect_data", "object", "#"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "$ref", "properties", "a", "pattern"]), inner)
    ),
    max_leaves=6,
)
FIELDS = [*AgentCreate.model_fields, *Rollback.model_fields, "colour"]
BODIES = st.dictionaries(st.sampled_from(FIELDS), JSON, max_size=6) | JSON
DOORS = [
    ("post", "/api/agents"),
    ("patch", "/api/agents/helper"),
    ("patch", "/api/agents/helper/config"),
    ("post", "/api/agents/helper/rollback"),
    ("post", "/api/agents/execute"),
]


class Bodies(TestCase):
    def setUp(self) -> None:
        make_agent()
        self.staff = APIClient(raise_request_exception=False)
        access = log_ins.begin(appear("dora", is_staff=True), LogIn.Means.COMMAND).access
        self.staff.credentials(HTTP_AUTHORIZATION=f"Bearer {access}")

    @settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from(DOORS), BODIES)
    def test_whatever_is_sent_is_done_or_refused(self, door: tuple[str, str], body: Any) -> None:
        method, path = door
        answer = getattr(self.staff, method)(path, body, format="json")
        assert answer.status_code in (200, 201, 202, 400, 404, 409), answer.content
        if answer.status_code >= 400:
            assert answer.json()["code"]
            assert answer.json()["message"]
