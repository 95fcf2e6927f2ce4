"""An application reports its model's calls while it runs, and an agent answers from them."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent
from pydantic_ai.capabilities import Instrumentation
from pydantic_ai.models.instrumented import InstrumentationSettings
from pydantic_ai.models.test import TestModel

from tests.stack import Stack, until

OWNER = "idler"
ASKED = 3


@pytest.fixture
def exporting(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> Iterator[TracerProvider]:
    """The application's: told where to report by the two variables that the README names."""
    made = stack.request(
        "POST", "/api/auth/keys", OWNER, json={"name": "shop", "scopes": ["data"]}
    ).raise_for_status()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{stack.url}/v1/traces")
    key = made.json()["key"]
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_HEADERS", f"Authorization=Bearer%20{key}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    provider = TracerProvider(resource=Resource({"service.name": "shop"}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    yield provider
    provider.shutdown()


def live(stack: Stack) -> dict[str, Any]:
    found = stack.get("/api/datasets", OWNER)["results"]
    return next((row for row in found if row["format"] == "live-traces"), {"rows": 0})


async def test_an_agent_answers_from_what_an_application_reports(
    stack: Stack, exporting: TracerProvider
) -> None:
    settings = InstrumentationSettings(tracer_provider=exporting, include_content=False)
    application: Agent[None, str] = Agent(
        TestModel(custom_output_text="Yes."),
        name="support",
        capabilities=[Instrumentation(settings=settings)],
    )
    for _ in range(ASKED):
        await application.run("Is it open?")
    assert exporting.force_flush(10_000)
    assert live(stack)["rows"] == ASKED

    started = stack.request(
        "POST",
        "/api/agents/optimization/runs",
        OWNER,
        json={"input": "How many tokens do requests use?", "thread_id": uuid.uuid4().hex},
    ).raise_for_status()
    path = f"/api/runs/{started.json()['run_id']}"
    until(lambda: stack.get(path, OWNER)["status"] == "completed", "the run has ended")
    result = stack.get(path, OWNER)["result"]
    assert "Live traces" in result
    assert f"{ASKED} requests" in result
