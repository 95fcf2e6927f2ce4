"""From a tool's result to a section of a report: sentences that lead, and what backs them."""
