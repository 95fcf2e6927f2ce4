"""An example of each body of agents, runs, threads and data sets, by the name of its shape."""

from typing import Any

RUN_ID = "5f0c2a9e-6d1b-4c1e-9a53-0f7be6a4d211"
DATASET_ID = "b3a7f6d0-2f0e-4a55-8c39-7d5f1f1c9e02"
THREAD = "costs-november"
QUESTION = "Where can I cut cost?"
REPORT = "## Cost\n\nThe month cost $412.50. Caching the prompt of `support` saves $96 of it."
BEGUN, ENDED = 1795196400.125, 1795196402.75
EXTENT: dict[str, Any] = {"rows": 48210, "skipped_rows": 2}
DATASET: dict[str, Any] = {
    "id": DATASET_ID,
    "name": "November",
    "format": "csv",
    "size_bytes": 7340032,
    **EXTENT,
    "is_shared": False,
    "created_at": BEGUN,
}
PROFILE: dict[str, Any] = {
    "format": "csv",
    **EXTENT,
    "first_timestamp": "2026-11-01T00:00:04Z",
    "last_timestamp": "2026-11-19T23:59:41Z",
    "columns": [
        {
            "column": "latency_ms",
            "source": "took",
            "conversion": "seconds to milliseconds",
            "filled": 48209,
        }
    ],
    "missing": ["cost_usd"],
    "ignored": ["region"],
    "skipped_examples": [{"line": 17, "reason": "The time cannot be read."}],
    "assumptions": ["Cached tokens are among the input tokens."],
}
TOOLS = ["inspect_data", "analyze_costs"]
VERSION: dict[str, Any] = {
    "agent": "optimization",
    "version": 3,
    "is_current": True,
    "source": "rest",
    "reason": "shorter answers",
    "created_by": "maria",
    "created_at": BEGUN,
}
CONFIG: dict[str, Any] = {
    **VERSION,
    "model": "",
    "instructions": "Answer in ten lines.",
    "tools": TOOLS,
    "approval_tools": [],
    "opening_tool": "inspect_data",
    "plan": "",
    "parameters_schema": {},
    "timeout_seconds": 300,
    "step_limit": 20,
    "token_limit": None,
    "cost_limit_usd": "0.50",
}
EVENT: dict[str, Any] = {
    "type": "tool_completed",
    "run_id": RUN_ID,
    "thread_id": THREAD,
    "agent": "optimization",
    "seq": 4,
    "timestamp": 1795196401.5,
    "data": {
        "timestamp": 1795196401.5,
        "tool_name": "analyze_costs",
        "result": {"total_usd": "412.50"},
        "call_id": "call_1_0",
        "duration_ms": 84.2,
        "status": "succeeded",
    },
}

EXAMPLES: dict[str, Any] = {
    "Agent": {
        "name": "optimization",
        "title": "Optimization",
        "description": "Finds where money and time go.",
        "aliases": ["optimizer"],
        "access": "public",
        "groups": None,
        "is_default": True,
        "is_enabled": True,
        "tools": TOOLS,
        "version": 3,
    },
    "AgentCreateRequest": {
        "name": "helper",
        "title": "Helper",
        "access": "users",
        "instructions": "Answer in ten lines.",
        "tools": TOOLS,
        "reason": "for the support team",
    },
    "AgentChangeRequest": {"title": "Optimization", "aliases": ["optimizer"]},
    "AgentStatuses": {
        "workers": 2,
        "count": 1,
        "next": None,
        "previous": None,
        "results": [
            {
                "agent": "optimization",
                "status": "available",
                "message": "",
                "problems": [],
                "live_runs": 4,
                "version": 3,
                "description": "Finds where money and time go.",
            }
        ],
    },
    "Version": VERSION,
    "AgentConfig": CONFIG,
    "ConfigChangeRequest": {"timeout_seconds": 120, "expected_version": 3, "reason": "quicker"},
    "RollbackRequest": {"version": 2, "reason": "the new instructions were worse"},
    "ChangedConfig": {**CONFIG, "warnings": {}},
    "Tool": {
        "name": "analyze_costs",
        "description": "What a period cost.",
        "parameters": {"type": "object", "properties": {"period": {"type": "string"}}},
        "read_only": True,
        "idempotent": False,
        "needs_approval": False,
        "timeout_seconds": 60.0,
    },
    "ExecuteRequest": {"type": "optimization", "message": QUESTION},
    "RunStartRequest": {
        "input": QUESTION,
        "thread_id": THREAD,
        "parameters": {"timeout": 120, "dataset": DATASET_ID},
        "on_busy": "enqueue",
    },
    "MessageStartRequest": {"content": "And by feature?", "agent": "optimization"},
    "Accepted": {"run_id": RUN_ID, "thread_id": THREAD, "status": "pending"},
    "Run": {
        "run_id": RUN_ID,
        "thread_id": THREAD,
        "parent_run_id": None,
        "agent": "optimization",
        "status": "completed",
        "last_seq": 7,
        "input": QUESTION,
        "result": REPORT,
        "error": None,
        "usage": {"input_tokens": 5120, "output_tokens": 640, "cost_usd": "0.0128"},
        "approvals": [],
        "created_at": BEGUN,
        "started_at": BEGUN,
        "finished_at": ENDED,
    },
    "DecisionRequest": {"decision": "approve", "reason": "the amount is right"},
    "CancelRequest": {"reason": "asked the wrong question"},
    "Events": {"count": 4, "next": None, "previous": None, "results": [EVENT]},
    "ToolCall": {
        "call_id": "call_1_0",
        "tool_name": "analyze_costs",
        "parameters": {"period": "November"},
        "status": "succeeded",
        "result": {"total_usd": "412.50"},
        "duration_ms": 84.2,
        "decision": None,
        "decided_by": None,
        "decided_at": None,
    },
    "ThreadRequest": {"thread_id": THREAD, "title": "Costs in November"},
    "ThreadChangeRequest": {"title": "Costs in November"},
    "Thread": {
        "thread_id": THREAD,
        "title": "Costs in November",
        "agent": "optimization",
        "created_at": BEGUN,
        "updated_at": ENDED,
    },
    "Message": {
        "id": 12,
        "run_id": RUN_ID,
        "role": "assistant",
        "content": REPORT,
        "created_at": ENDED,
    },
    "Dataset": DATASET,
    "DatasetDetail": {**DATASET, "profile": PROFILE},
    "UploadRequest": {
        "file": "timestamp,model,input_tokens,took\n2026-11-01T00:00:04Z,gpt-5,812,1.94\n",
        "name": "November",
        "mapping": '{"latency_ms": {"column": "took", "unit": "s"}}',
    },
    "TracesRequest": {
        "resourceSpans": [
            {
                "resource": {
                    "attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}]
                },
                "scopeSpans": [
                    {
                        "scope": {"name": "pydantic-ai"},
                        "spans": [
                            {
                                "traceId": "0af7651916cd43dd8448eb211c80319c",
                                "spanId": "b7ad6b7169203331",
                                "name": "chat gpt-5-mini",
                                "kind": 3,
                                "startTimeUnixNano": "1795196400125000000",
                                "endTimeUnixNano": "1795196402065000000",
                                "attributes": [
                                    {
                                        "key": "gen_ai.operation.name",
                                        "value": {"stringValue": "chat"},
                                    },
                                    {
                                        "key": "gen_ai.request.model",
                                        "value": {"stringValue": "gpt-5-mini"},
                                    },
                                    {
                                        "key": "gen_ai.usage.input_tokens",
                                        "value": {"intValue": "812"},
                                    },
                                ],
                                "status": {},
                            }
                        ],
                    }
                ],
            }
        ]
    },
    "TracesTaken": {
        "partialSuccess": {"rejectedSpans": "1", "errorMessage": "A span ends before it begins."}
    },
    "Preview": {
        "rows": [{"timestamp": "2026-11-01T00:00:04", "model": "gpt-5", "input_tokens": 812}]
    },
}

PARAMETERS: dict[str, tuple[str, Any]] = {
    "name": ("Its name; of an agent, an alias too.", "optimization"),
    "number": ("A version's number.", "2"),
    "all": ("Disabled agents too, for staff.", False),
    "run_id": ("A run's id, with or without hyphens.", RUN_ID),
    "call_id": ("A tool call's id, as its events have it.", "call_1_0"),
    "key": ("A thread's id.", THREAD),
    "dataset_id": ("A data set's id.", DATASET_ID),
    "thread_id": ("A thread's id.", THREAD),
    "status": ("Runs in one state.", "completed"),
    "after": ("The last `seq` you have.", 3),
    "q": ("Part of the title.", "cost"),
    "Last-Event-ID": ("", "3"),
    "format": ("For who cannot send an `Accept` header: what to answer with.", "json"),
    "Idempotency-Key": ("", "report-2026-11-20"),
}
"""What parameters mean, and an example of each."""
