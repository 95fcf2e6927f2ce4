"""A run asks in SQL, in a real worker: rows for its user's data, and nobody else's."""

from typing import Any

import httpx

from agents.analytics.querying.asking import CHILD
from tests.agents.analytics.offspring import offspring
from tests.agents.analytics.querying.hostile import BOMBS
from tests.agents.analytics.sample import sample_log
from tests.chat import open_chat
from tests.stack import Stack, until


def add(stack: Stack, user: str, name: str, rows: int) -> dict[str, Any]:
    answer: httpx.Response = stack.request(
        "POST",
        "/api/datasets",
        user,
        files={"file": (f"{name}.csv", sample_log(rows))},
        data={"name": name},
    )
    dataset: dict[str, Any] = answer.raise_for_status().json()
    return dataset


async def test_a_run_gets_rows_of_its_users_data_and_of_no_other(stack: Stack) -> None:
    own, foreign = add(stack, "alice", "queried", 40), add(stack, "bob", "bobs queried", 50)
    calls = [
        ["query_data", {"sql": "SELECT count(*) AS n FROM log", "dataset": own["id"]}],
        ["query_data", {"sql": "SELECT count(*) FROM bobs_queried", "dataset": own["id"]}],
        ["query_data", {"sql": "SELECT 1", "dataset": foreign["id"]}],
    ]
    script = [{"calls": calls}, {"say": "Done."}]
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        events = await chat.end_of(await chat.ask("actor", script))
    completed = [event["data"] for event in events if event["type"] == "tool_completed"]
    found = {data["call_id"]: data for data in completed}
    (answered,) = [data for data in found.values() if data["status"] == "succeeded"]
    assert answered["result"]["rows"] == [[40]]
    assert answered["result"]["computed_from"][0]["dataset"] == "queried"
    refused = sorted(data["result"] for data in found.values() if data["status"] == "failed")
    assert refused[0].startswith(f"There is no data set '{foreign['id']}'")
    assert refused[1].startswith("There is no table 'bobs_queried'")
    assert events[-1]["type"] == "agent_completed"


async def test_a_run_that_is_cancelled_takes_its_query_with_it(stack: Stack) -> None:
    own = add(stack, "alice", "cancelled", 20)
    bomb = BOMBS["time"].strip().splitlines()[0].strip()
    script = [{"calls": [["query_data", {"sql": bomb, "dataset": own["id"]}]]}, {"say": "Done."}]
    (worker,) = stack.workers
    async with open_chat(stack.socket_url, stack.token("alice")) as chat:
        run_id = await chat.ask("actor", script)
        await chat.receive_until("tool_executing")
        until(lambda: bool(offspring(CHILD, worker.pid)), "a query", within=3)
        await chat.send(type="cancel_run", run_id=run_id)
        await chat.receive_until("agent_cancelled")
        # By itself it would take four seconds.
        until(lambda: not offspring(CHILD, worker.pid), "the end of the query", within=2)
