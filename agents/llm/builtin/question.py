"""What a question in English asks for: topics, grouping and period."""

import re
from dataclasses import dataclass
from enum import Enum

from agents.analytics.groups import GroupBy
from agents.analytics.period import mentions
from agents.tools.performance import Metric


class Topic(Enum):
    """What a question may be about; the value is how a thought names it."""

    INPUT = "how many tokens go in"
    OUTPUT = "how long answers are"
    LATENCY = "how long requests take"
    TTFT = "how long the first token takes"
    SPEED = "how fast tokens come"
    ERRORS = "how many requests fail"
    COST = "what requests cost"
    TRAFFIC = "when and by whom requests are made"
    REPEATS = "how much repeats"
    SAVINGS = "what could be saved"
    OVERVIEW = "an overview"
    DATA = "what the data holds"


METRICS: dict[Topic, Metric] = {
    Topic.INPUT: "input_tokens",
    Topic.OUTPUT: "output_tokens",
    Topic.LATENCY: "latency",
    Topic.TTFT: "time_to_first_token",
    Topic.SPEED: "tokens_per_second",
    Topic.ERRORS: "errors",
}
"""Topics that `analyze_performance` measures."""

# Tried in this order; what a pattern matched is taken out of the question, so that the "token" in
# "time to first token" is not a question about tokens, nor "cheaper" one about prices.
_PATTERNS: tuple[tuple[str, tuple[Topic, ...]], ...] = (
    (r"time.to.first.token|first.token|\bttft\b", (Topic.TTFT,)),
    (
        r"throughput|tokens?.(?:per|a|/).?s(?:ec\w*)?\b|\btps\b|generation speed"
        r"|how fast (?:\w+ ){0,3}tokens?",
        (Topic.SPEED,),
    ),
    (
        r"how (?:long|short|large|big) (?:are|is|were|was) (?:\w+ ){0,2}"
        r"(?:answer|response|output|completion|repl)\w*"
        r"|(?:answer|response|output|completion|reply|generat\w+)s?.(?:length|size|token)s?"
        r"|(?:length|size) of (?:\w+ ){0,2}(?:answer|response|output|completion)s?",
        (Topic.OUTPUT,),
    ),
    (
        r"how (?:long|short|large|big) (?:are|is|were|was) (?:\w+ ){0,2}"
        r"(?:prompt|input|context)\w*|how (?:large|big) are (?:\w+ ){0,2}requests"
        r"|(?:prompt|input|context)s?.(?:length|size|token)s?"
        r"|(?:length|size) of (?:\w+ ){0,2}(?:prompt|input|context)s?",
        (Topic.INPUT,),
    ),
    (r"\btokens?(?: usage| use| count| consumption)?\b", (Topic.INPUT, Topic.OUTPUT)),
    (r"rate.?limit\w*|time.?outs?\b", (Topic.ERRORS,)),
    (
        r"\boptimi[sz]\w*|\bsav(?:e|es|ing|ings)\b|\breduc\w+|\bcut\b|\bimprov\w+"
        r"|\brecommend\w*|\bcheaper\b|\bwast\w+|\blower\b|\badvi[cs]e\b"
        r"|\bshould (?:we|i)\b",
        (Topic.SAVINGS,),
    ),
    (
        r"(?:how many (?:requests|calls) (?:\w+ )?)?\b(?:repeat|duplicat|cach)\w*|same prompts?"
        r"|identical",
        (Topic.REPEATS,),
    ),
    (
        r"\bcosts?\b|\bcosting\b|\bspen[dt]\w*|\bmoney\b|\bpric\w+|\bexpensive\b"
        r"|\bcheap\w*|\bbills?\b|\bbudget\w*|\bdollars?\b|\busd\b|\$|\binvoice\w*",
        (Topic.COST,),
    ),
    (
        r"(?:how many (?:requests|calls) (?:\w+ )?)?\b(?:fail\w*|errors?\b)|\breliab\w+"
        r"|success rate|\bexceptions?\b|\bstatus\b|\bbroken\b",
        (Topic.ERRORS,),
    ),
    (r"\bperformance\b|\bperform\b", (Topic.LATENCY, Topic.SPEED, Topic.ERRORS)),
    (
        r"\blatenc\w+|\bslow\w*|\bfast\w*|\bquick\w*|(?:response|answer|processing) times?"
        r"|\bduration\w*|how long (?:do|does|did) [\w\s]{0,40}(?:take|last|run)|\bdelay\w*"
        r"|how long (?:are|were) (?:\w+ ){0,2}requests|\bwait\w*|\bspeed\b",
        (Topic.LATENCY,),
    ),
    (
        r"how many (?:requests|calls|queries|users)|number of (?:requests|calls)|\btraffic\b"
        r"|(?:requests|calls) (?:per|by|each|an?)|\bvolume\b|\bpeaks?\b|\bbus(?:y|iest)\b"
        r"|\bpatterns?\b|\bconcurren\w+|\bload\b|\bwho\b|\bmost active\b"
        r"|\bwhen (?:do|does|did|are|is)\b"
        r"|\b(?:top|biggest|largest|heaviest) (?:user|customer|feature)s?\b",
        (Topic.TRAFFIC,),
    ),
    (
        r"(?:what|which|whose) data\b|\bcolumns?\b|\bdata ?sets?\b|\bmissing\b"
        r"|what do(?:es)? [\w\s]{0,30}(?:contain|hold)|what is in\b",
        (Topic.DATA,),
    ),
    (
        r"\boverview\b|\bsummar\w+|\banaly[sz]\w*|\breport\b|\bdescribe\b|\binsights?\b"
        r"|\btell me\b|\bexplore\b|\blook at\b|\beverything\b|\bhow are we doing\b"
        r"|\bgoing on\b|\bstatistics\b|\bstats\b|\busage\b",
        (Topic.OVERVIEW,),
    ),
)

_GROUPS: tuple[tuple[str, GroupBy], ...] = (
    (r"models?", "model"),
    (r"features?|use.?cases?|endpoints?|routes?", "feature"),
    (r"users?|customers?|accounts?", "user"),
    (r"hours?", "hour"),
    (r"days?|dates?", "day"),
)
_BEFORE_GROUP = (
    r"\b(?:by|per|an?|each|every|which|what|whose|across|compare|between|among|top|over|"
    r"(?:most|least) \w+|\w+est)\s+(?:the |all |our |\d+ )?"
)
_GROUP_WORDS: tuple[tuple[str, GroupBy], ...] = (
    (r"\bdaily\b|\bover time\b|\btrends?\b", "day"),
    (r"\bhourly\b", "hour"),
    (r"\bwho\b|\bwhom\b", "user"),
    # Whoever names models wants to see them apart.
    (r"\b(?:gpt|claude|gemini|llama|mistral|mixtral|deepseek|qwen|grok|command)-[\w.-]+", "model"),
)
LONGEST_QUESTION = 4000  # characters that are read; what follows is pasted material
MOST_GROUPS = 2  # a question about more is answered by the first ones


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for. Without topics the question is not understood."""

    topics: frozenset[Topic]
    groups: tuple[GroupBy, ...]
    period: str  # as the tools take it

    @property
    def metrics(self) -> tuple[Metric, ...]:
        return tuple(metric for topic, metric in METRICS.items() if topic in self.topics)


def understand(question: str) -> Request:
    """Read a question; everything in it that is not about usage logs is passed over."""
    plain = " ".join(question[:LONGEST_QUESTION].lower().split())
    period = next(iter(mentions(question[:LONGEST_QUESTION])), None)
    if period:
        plain = plain.replace(period, " ")
    rest, topics = plain, set[Topic]()
    for pattern, meant in _PATTERNS:
        rest, count = re.subn(pattern, " ; ", rest)
        if count:
            topics.update(meant)
    if not topics & set(METRICS) and re.search(r"\bp\d\d\b|percentile|\bmedian\b", plain):
        topics.add(Topic.LATENCY)
    return Request(frozenset(topics), _groups(plain), period or "all")


def _groups(plain: str) -> tuple[GroupBy, ...]:
    patterns: list[tuple[str, GroupBy]] = [
        (rf"(?:{_BEFORE_GROUP}|\b(?:and|or) (?:by |per )?)(?:{words})\b", group)
        for words, group in _GROUPS
    ]
    found: dict[GroupBy, int] = {}
    for pattern, group in [*patterns, *_GROUP_WORDS]:
        if match := re.search(pattern, plain):
            found.setdefault(group, match.start())
    return tuple(sorted(found, key=lambda group: found[group])[:MOST_GROUPS])
