"""Which tests one process does, one after the other, because they share what they have started."""

from xdist.scheduler import LoadScopeScheduling

# Beginnings of tests' ids; of two that fit, the first. (The marks that xdist has for this do
# nothing with pytest 9.)
TOGETHER = (
    "tests/agents/catalog/test_demo.py",
    "tests/agents/llm/test_recommendations.py",
    "tests/browser/test_reconnecting.py",
    "tests/browser/test_signing_in.py",
    "tests/browser/",
    "tests/chaos/test_faults.py",
    "tests/e2e/test_approvals.py",
    "tests/e2e/test_draining.py",
    "tests/e2e/test_hostile_frames.py",
    "tests/e2e/test_limits.py",
    "tests/e2e/test_recovery.py",
    "tests/e2e/test_rest_outages.py::test_without_its_server",
    "tests/e2e/test_rest_outages.py",
    "tests/netra/test_schema.py",
    "tests/test_postgresql.py",
)


class Sharing(LoadScopeScheduling):  # type: ignore[misc]
    """Gives tests to whoever is free, one by one, but those that belong together at once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((group for group in TOGETHER if nodeid.startswith(group)), nodeid)
