"""From a question in English to a request: what to measure, of which rows, in which groups."""
