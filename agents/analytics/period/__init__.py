"""
English periods become half-open intervals of time: `last 7 days`, `since Tuesday`, two dates.

Relative periods count from a data set's last row, not from now: a log is history, and "yesterday"
asked of last month's log means its last day but one. Days and weeks are those of UTC, weeks begin
on Monday.
"""

from agents.analytics.period.parsing import ALL as ALL
from agents.analytics.period.parsing import Period as Period
from agents.analytics.period.parsing import parse as parse
from agents.analytics.period.questions import mentions as mentions
from agents.analytics.period.questions import unread_times as unread_times
