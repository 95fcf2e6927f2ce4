"""What the schema says of the API as a whole."""

from typing import Any

API = """Runs AI agents for chat users and shows every step live.

Answers are JSON. Every failure, of paths that do not exist too, is answered with
`{code, message, details?}`; each operation names the codes it has. Beside those, any path answers a
method that it does not serve with 405 `method_not_allowed` and an `Allow` header.

Lists come in pages: `{count, next, previous, results}`. Times are seconds since the epoch, unless
they are called dates; durations are milliseconds; money is US dollars as decimal text. What belongs
to another user is not there: 404. A slash at the end of a path is optional. Text may not hold the
character NUL, anywhere.
"""

TAGS = [
    {"name": "auth", "description": "Logging in and out, tokens, API keys, one's own account"},
    {"name": "agents", "description": "Which agents there are, and asking them"},
    {"name": "tools", "description": "What agents can be given to work with"},
    {"name": "runs", "description": "What became of a question, step by step"},
    {"name": "threads", "description": "Conversations"},
    {"name": "datasets", "description": "Usage logs that agents read"},
    {"name": "traces", "description": "Usage that applications report while they run"},
    {"name": "discovery", "description": "What this server offers"},
    {"name": "health", "description": "Whether it is well"},
]

REFRESH_COOKIE: dict[str, Any] = {
    "refreshCookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "netra_refresh",
        "description": "A browser's refresh token, set by a log-in that asked for it (`cookie`).",
    }
}
