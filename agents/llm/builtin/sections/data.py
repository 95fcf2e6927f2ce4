"""The sections about the data itself: what it holds, what it lacks, how to provide some."""

from collections.abc import Sequence

from agents.analytics.schema import BY_NAME
from agents.analytics.wording import counted, listing
from agents.llm.builtin.formatting import name, percent, quoted, table
from agents.llm.builtin.sections.section import Section
from agents.tools.inspect_data import DatasetSummary, Inspection
from agents.tools.results import Basis

ASSUMPTIONS_SHOWN = 3

EXAMPLES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("latency_ms", "model"), "What is the p95 latency by model?"),
    (("latency_ms",), "How long do requests take?"),
    (("cost_usd", "feature"), "Which feature costs most?"),
    (("model", "input_tokens", "output_tokens"), "Where does the money go?"),
    (("output_tokens",), "How many tokens did we use and how long are the answers?"),
    (("status",), "How many requests fail, by day?"),
    (("timestamp",), "When is the peak?"),
    (("user_id",), "Who asks most?"),
    (("prompt_hash",), "How many requests repeat an earlier prompt?"),
)
EXAMPLES_SHOWN = 4


def how_to_provide(inspection: Inspection) -> Section:
    """For a user without any data set."""
    steps = "\n".join(f"- {line}" for line in inspection.how_to_provide)
    return Section(
        ["There is no data set yet, so I cannot compute anything. This is what I need:"], [steps]
    )


def contents(data: DatasetSummary) -> Section:
    """What a data set holds, column by column."""
    rows = [
        [
            column.column,
            column.meaning,
            name(column.source),
            percent(column.filled / data.rows) if data.rows else "",
        ]
        for column in data.columns
    ]
    period = f", {_span(data)}" if data.first_timestamp else ""
    lead = [f"The data set {name(data.name)} has **{counted(data.rows, 'row')}**{period}."]
    if data.rows_are == "sums":
        lead.append(f"Each row is the sum of requests{_of_time(data.bucket_seconds)}.")
    if data.missing:
        lead.append(f"It has no {missing_labels(data.missing, 'or')}.")
    if data.ignored:
        lead.append(
            f"Not read are the columns {listing([name(column) for column in data.ignored])}."
        )
    return Section(lead, [table(["column", "meaning", "in the file", "filled"], rows, texts=3)])


def possible_questions(data: DatasetSummary, answers: Sequence[str]) -> str:
    """What this data set can answer, with examples to ask."""
    fitting = [text for columns, text in EXAMPLES if not set(columns) & set(data.missing)]
    examples = "\n".join(f"- {text}" for text in fitting[:EXAMPLES_SHOWN])
    return f"I can answer {listing(list(answers), 'and')}. For example:\n\n{examples}"


def computed_from(bases: Sequence[Basis], data: DatasetSummary) -> str:
    """Which rows the figures of a report rest on; the same rows are said once."""
    said = dict.fromkeys(_rows(basis) for basis in bases)
    text = f"**Computed from** the data set {name(data.name)}: {listing(list(said))}."
    if data.skipped_rows:
        text += f" {counted(data.skipped_rows, 'row')} of the file could not be read."
    if assumptions := data.assumptions[:ASSUMPTIONS_SHOWN]:
        text += " Assumed: " + " ".join(map(quoted, assumptions))
    return text


def missing_labels(columns: Sequence[str], last: str) -> str:
    """Missing columns as a sentence names them: `latency, cost and user`."""
    return listing([BY_NAME[column].label for column in columns], last)


def _rows(basis: Basis) -> str:
    rows = f"{basis.rows:,} of {counted(basis.rows_in_dataset, 'row')}"
    if basis.where:
        rows += f" ({quoted(basis.where)})"
    if basis.period != "all rows":
        return f"{rows}, {basis.period}"
    return f"{rows}, {_span(basis)}" if basis.first_timestamp else rows


def _of_time(seconds: int | None) -> str:
    """` of an hour`; nothing where it is not known."""
    words = {60: "a minute", 3600: "an hour", 86_400: "a day", 604_800: "a week"}
    if not seconds:
        return ""
    return f" of {words.get(seconds, f'{seconds:,} seconds')}"


def _span(data: DatasetSummary | Basis) -> str:
    return f"{data.first_timestamp:%Y-%m-%d %H:%M} to {data.last_timestamp:%Y-%m-%d %H:%M} UTC"
