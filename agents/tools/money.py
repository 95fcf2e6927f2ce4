"""What the tools about money share: where costs come from, and what is missing to know them."""

from collections.abc import Iterable
from importlib.metadata import version

from agents.analytics.charts import Chart
from agents.analytics.priced import Basis
from agents.analytics.profile import Profile
from agents.tools.results import labels, lacking

PRICED_FROM = ("model", "input_tokens", "output_tokens")


def cost_basis(profile: Profile) -> tuple[Basis | None, list[str], list[str]]:
    """Where costs come from, the columns that are missing, and a sentence about it."""
    if profile.has("cost_usd"):
        return "log", [], []
    missing = lacking(profile, *PRICED_FROM)
    if missing:
        sentence = (
            f"The data set has no cost column, and without {labels(missing, 'and')} requests "
            "cannot be priced, so their cost cannot be said."
        )
        return None, ["cost_usd", *missing], [sentence]
    sentence = (
        "The data set has no cost column. Costs are computed from model and tokens at the list "
        f"prices of genai-prices {version('genai-prices')}, without discounts."
    )
    return "prices", ["cost_usd"], [sentence]


def without(profile: Profile, subject: str, *columns: str) -> list[str]:
    """A sentence that `subject` cannot be said if the data set lacks any of the columns."""
    missing = lacking(profile, *columns)
    if not missing:
        return []
    return [f"The data set has no {labels(missing, 'or')} column, so {subject} cannot be said."]


def drawn(*charts: Chart | None) -> list[Chart]:
    """Those that have something to show."""
    return [chart for chart in charts if chart is not None]


def listed_missing(*groups: Iterable[str]) -> list[str]:
    """Columns that are missing, each once."""
    return list(dict.fromkeys(column for group in groups for column in group))
