"""English periods become half-open intervals of time."""

from agents.analytics.period.parsing import ALL as ALL
from agents.analytics.period.parsing import Period as Period
from agents.analytics.period.parsing import mention as mention
from agents.analytics.period.parsing import parse as parse
