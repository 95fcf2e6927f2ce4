"""
How many tokens each tool result is, from how much the prompt grew.

Between two requests of one context, the prompt grows by the answer of the first and by what was
added: results of tools, prompts, notes. With the answer taken off, the rest N is what was added, to
the token; the results share it by their characters. That is "measured" for a result that came
alone and "shared" for several. It is not used where N is no plausible size for so many characters,
as when thinking was dropped or a picture came along; then, and where a log has no counts, a result
is "estimated" from its characters, with the tokens per character that the chain's measured ones
have, or else 4 characters to a token.
"""

from collections import defaultdict

from agents.analytics.readers.dialects.sessions.timeline import CUTS, Chain, Request, Step

CHARACTERS_PER_TOKEN = 4  # the usual rule of thumb for English text and code
LEAST_PER_CHARACTER, MOST_PER_CHARACTER = 1 / 8, 1.0  # tokens


def measure(chain: Chain) -> None:
    """Fill in the tokens of all results of a finished chain."""
    entering: defaultdict[int, list[Step]] = defaultdict(list)
    for step in chain.steps:
        if step.enters is not None:
            entering[step.enters].append(step)
    tokens, characters = 0, 0
    estimated: list[Step] = []
    for number, steps in entering.items():
        request = chain.requests[number - 1] if number <= chain.count else None
        size = sum(step.result_characters for step in steps)
        text = request.text_characters if request else 0
        added = _added(chain, request) if request else None
        if added is None or not _is_plausible(added, size + text):
            estimated += steps
            continue
        tokens, characters = tokens + added, characters + size + text
        for step in steps:
            step.result_tokens = round(added * step.result_characters / (size + text))
            step.tokens_are = "shared" if len(steps) > 1 or text else "measured"
    ratio = tokens / characters if characters else 1 / CHARACTERS_PER_TOKEN
    for step in estimated:
        step.result_tokens = round(step.result_characters * ratio)


def _added(chain: Chain, request: Request) -> int | None:
    """Tokens that entered the context between the request before and this one."""
    last = chain.requests[request.number - 2] if request.number > 1 else None
    if last is None or request.before in CUTS or request.before == "rewound":
        return None
    if request.input_tokens is None or last.input_tokens is None or last.output_tokens is None:
        return None
    return request.input_tokens - last.input_tokens - last.output_tokens


def _is_plausible(tokens: int, characters: int) -> bool:
    return LEAST_PER_CHARACTER * characters <= tokens <= MOST_PER_CHARACTER * characters > 0
