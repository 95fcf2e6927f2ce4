"""Whether a column that is named like a prompt's hash tells one prompt from another."""

from duckdb import DuckDBPyConnection

from agents.analytics.duck import select
from agents.analytics.readers.fields import Field, Reading, Weight
from agents.analytics.readers.tokens import beside_sql
from agents.analytics.readers.values import number
from agents.analytics.wording import counted

SAMPLE_ROWS = 100_000  # enough to see prompts repeat; grouping all of a million takes a second
LEAST_DIFFERING = 5  # rows; fewer may be retries with another system prompt
MOST_DIFFERING_SHARE = 0.2  # of the rows whose value is not the only one
LEAST_ROWS = 10
NAME_CHARACTERS = 60  # a text as short as the name of a template
LEAST_ROWS_PER_NAME = 5


def settle_prompts(connection: DuckDBPyConnection, reading: Reading) -> Reading:
    """Leave out a prompt hash that stands for less than the prompt; doubt one that was mapped."""
    field = reading.fields.get("prompt_hash")
    if field is None:
        return reading
    doubt = _differing(connection, reading, field)
    if doubt is None and field.unit == "text" and "input_tokens" not in reading.fields:
        doubt = _few_names(connection, reading, field)
    if doubt is None:
        return reading
    if field.is_mapped:
        sentence = f"{field.source!r} is read as prompt_hash, as mapped, although {doubt}."
        return reading.saying(Weight.IGNORED, sentence)
    sentence = f"{field.source!r} is not read as prompt_hash: {doubt}."
    return reading.without(field.name).saying(Weight.IGNORED, sentence)


def _differing(connection: DuckDBPyConnection, reading: Reading, field: Field) -> str | None:
    """Equal prompts have equally many tokens, at least for one model."""
    tokens = reading.fields.get("input_tokens")
    if tokens is None:
        return None
    # A request that failed may be logged with no tokens at all.
    amount = f"nullif({number(tokens)}, 0) + {beside_sql(reading)}"
    keys = [field.cell, reading.cell("model") or "NULL"]
    sampled = select([*keys, amount], reading.cells, f"LIMIT {SAMPLE_ROWS}")
    sizes = select(
        ["key", "model", "count(*) AS n"],
        f"({sampled}) AS sampled(key, model, amount)",
        "WHERE key IS NOT NULL AND amount IS NOT NULL GROUP BY key, model, amount",
    )
    groups = select(
        ["sum(n) AS n", "sum(n) - max(n) AS differing"],
        f"({sizes})",
        "GROUP BY key, model HAVING sum(n) > 1",
    )
    query = select(["sum(n)", "sum(differing)"], f"({groups})")
    repeated, differing = (int(found or 0) for found in connection.execute(query).fetchone() or ())
    if differing < LEAST_DIFFERING or differing <= repeated * MOST_DIFFERING_SHARE:
        return None
    return (
        f"rows with an equal value differ in {tokens.source!r} ({differing:,} of "
        f"{counted(repeated, 'row')} that share one), so it stands for less than the prompt"
    )


def _few_names(connection: DuckDBPyConnection, reading: Reading, field: Field) -> str | None:
    """Without tokens to compare, few short texts may be names of templates."""
    sampled = select([f"{field.cell} AS key"], reading.cells, f"LIMIT {SAMPLE_ROWS}")
    query = select(["count(key)", "count(DISTINCT key)", "max(length(key))"], f"({sampled})")
    rows, names, longest = connection.execute(query).fetchone() or (0, 0, None)
    if rows < LEAST_ROWS or names * LEAST_ROWS_PER_NAME > rows or longest > NAME_CHARACTERS:
        return None
    return f"it holds only {counted(names, 'short text')}, as names of templates would be"
