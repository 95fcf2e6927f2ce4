"""The section about when requests come, from whom, and how much of them repeats."""

from collections.abc import Sequence
from typing import Literal

from agents.analytics.patterns import Rhythm, Shares
from agents.analytics.wording import counted, listing
from agents.llm.builtin.formatting import count, figure, name, percent, table, times
from agents.llm.builtin.sections.section import Section
from agents.tools.patterns import PatternsResult

DAYS_SHOWN = 14


Subject = Literal["rhythm", "days", "tokens", "repeats", "user", "feature", "model"]


def pattern_section(result: PatternsResult, *, leads: Sequence[Subject] = ("rhythm",)) -> Section:
    """What `leads` names stands at the top; beside the rhythm all else in a list of facts."""
    facts: dict[Subject, list[str]] = {
        "rhythm": _rhythm(result.rhythm) if result.rhythm else [],
        "days": _busiest_day(result.rhythm) if result.rhythm else [],
        "tokens": _token_peak(result.rhythm) if result.rhythm else [],
        "repeats": _repeats(result),
        "user": _largest("user", result.users),
        "feature": _largest("feature", result.features),
        "model": _largest("model", result.models),
    }
    lead = [fact for subject in leads for fact in facts[subject]]
    others = [fact for subject, found in facts.items() if subject not in leads for fact in found]
    listed = [*_times(result), *others] if "rhythm" in leads else []
    blocks = ["\n".join(f"- {fact}" for fact in listed)] if listed else []
    if {"rhythm", "days"} & set(leads) and result.rhythm and len(result.rhythm.days) > 1:
        blocks.append(_days(result.rhythm))
    return Section(lead, blocks)


def _rhythm(rhythm: Rhythm) -> list[str]:
    if rhythm.requests is None or rhythm.requests_per_unit is None:
        if not rhythm.tokens:
            return []  # costs alone
        return [
            f"**{count(rhythm.tokens)} tokens** go through at "
            f"**{count(rhythm.tokens_per_unit)} {_article(rhythm.unit)}** on average."
        ]
    if rhythm.peak is None or rhythm.peak.requests is None or rhythm.peak_to_mean is None:
        return [
            f"**{counted(rhythm.requests, 'request')}** come at "
            f"**{count(rhythm.requests_per_unit)} {_article(rhythm.unit)}** on average."
        ]
    return [
        f"**{counted(rhythm.requests, 'request')}** come at "
        f"**{count(rhythm.requests_per_unit)} {_article(rhythm.unit)}** on "
        f"average; the peak {rhythm.unit}, {rhythm.peak.start} UTC, had "
        f"**{rhythm.peak.requests:,}**, {times(rhythm.peak_to_mean)} as many."
    ]


def _busiest_day(rhythm: Rhythm) -> list[str]:
    day = rhythm.busiest_day
    if day is None or day.requests is None:
        return []
    return [f"The busiest day is **{day.start}** with {counted(day.requests, 'request')}."]


def _token_peak(rhythm: Rhythm) -> list[str]:
    slot = rhythm.peak_tokens
    if slot is None or not slot.tokens:
        return []
    return [
        f"Most tokens in {_article(rhythm.unit)}: **{count(slot.tokens)}**, {slot.start} UTC, "
        f"against {count(rhythm.tokens_per_unit)} on average."
    ]


def _repeats(result: PatternsResult) -> list[str]:
    lead = []
    if (repeats := result.repeats) is not None:
        lead.append(
            f"**{percent(repeats.share)}** of the requests repeat an earlier prompt "
            f"({repeats.repeated:,} of {repeats.requests:,})."
        )
    if (cache := result.prompt_cache) is not None:
        lead.append(
            f"**{percent(cache.share)}** of the input tokens came from the prompt cache "
            f"({cache.cached_tokens:,} of {cache.input_tokens:,})."
        )
    return lead


def _times(result: PatternsResult) -> list[str]:
    facts = []
    rhythm, together = result.rhythm, result.concurrency
    if rhythm and rhythm.busiest_hour_of_day is not None:
        hour = rhythm.busiest_hour_of_day
        weekday = f", and on {rhythm.busiest_weekday}s" if rhythm.busiest_weekday else ""
        facts.append(f"Most come between {hour}:00 and {(hour + 1) % 24}:00 UTC{weekday}.")
    if rhythm and together:
        facts.append(
            f"{together.mean:,.2f} requests are under way at once on average, "
            f"{together.in_peak:,.2f} in the peak {rhythm.unit} (Little's law)."
        )
    return facts


def _largest(noun: str, shares: Shares | None) -> list[str]:
    if shares is None:
        return []
    first, *others = [f"{name(top.name)} ({percent(top.share)})" for top in shares.top]
    if shares.distinct == 1:
        return [f"All requests are of one {noun}, {first}."]
    if shares.tied:
        several = listing([first, *others])
        return [f"Of **{shares.distinct:,} {noun}s**, {several} have most requests, some alike."]
    then = f", then {listing(others)}" if others else ""
    return [f"Of **{shares.distinct:,} {noun}s**, {first} has most requests{then}."]


def _days(rhythm: Rhythm) -> str:
    days = rhythm.days[-DAYS_SHOWN:]
    rows = [[day.start, figure(day.requests), f"{day.tokens:,}"] for day in days]
    shown = table(["day", "requests", "tokens"], rows)
    earlier = len(rhythm.days) - len(days) + rhythm.days_left_out
    return f"{shown}\n\n{counted(earlier, 'earlier day')} not listed." if earlier else shown


def _article(unit: str) -> str:
    return "an hour" if unit == "hour" else f"a {unit}"
