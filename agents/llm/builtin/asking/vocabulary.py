"""The words in which people ask about usage logs: topics and groupings."""

import re
from enum import Enum

from agents.analytics.groups import GroupBy
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
    COUNT = "how many requests there are"
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

_TO_CHANGE = (
    r"(?:be )?(?:(?:optimi[sz]e|save|reduce|lowere?|improve|decrease|change)d?|cut|shrink|trim|fix"
    r"|bring down|speed up|do (?:about|against|better))\b"
)

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
        r"|(?:length|size) of (?:\w+ ){0,2}(?:answer|response|output|completion)s?"
        r"|(?:long|short)(?:est)? (?:answer|response|output|completion)s?",
        (Topic.OUTPUT,),
    ),
    (
        r"how (?:long|short|large|big) (?:are|is|were|was) (?:\w+ ){0,2}"
        r"(?:prompt|input|context)\w*|how (?:large|big) are (?:\w+ ){0,2}requests"
        r"|(?:prompt|input|context)s?.(?:length|size|token)s?"
        r"|(?:length|size) of (?:\w+ ){0,2}(?:prompt|input|context)s?"
        r"|(?:long|short|large|small|bigg?)(?:est)? (?:prompt|input|context)s?",
        (Topic.INPUT,),
    ),
    (r"\btokens?(?: usage| use| count| consumption)?\b", (Topic.INPUT, Topic.OUTPUT)),
    (r"rate.?limit\w*|time.?outs?\b", (Topic.ERRORS,)),
    (r"how much (?:do|does|did) (?:\w+ ){0,3}cach\w+ (?:\w+ ){0,2}sav\w+", (Topic.REPEATS,)),
    (
        # To change something is another wish than to measure it: "lower latency" is either.
        rf"\b(?:where|how|what|which)\b[^.?!,;]*\b(?:can|could|should|do|to|would|might)\b"
        rf"(?: \w+){{0,3}} {_TO_CHANGE}"
        rf"|(?:^|[.?!,;] ?)(?:please |help (?:me |us )?|i want to |we want to |i need to )?"
        rf"(?:to )?{_TO_CHANGE}"
        r"|\boptimi[sz](?:e|ation|ations|ing)\b|\bsavings?\b|\bsave\b|\brecommend\w*|\badvi[cs]e\b"
        r"|\bsuggest\w*|\bwast\w+|\boverspend\w*|\boverpay\w*|\bcheaper (?!than\b)"
        r"|\bshould (?:we|i) (?!worry|care|be )\w+"
        r"|\bmak(?:e|ing) (?:\w+ ){0,3}(?:cheaper|faster|better|more \w+)"
        r"|\b(?:switch|mov|migrat|replac)\w* (?:\S+ ){1,4}(?:to|with|by)\b",
        (Topic.SAVINGS,),
    ),
    (
        r"(?:how many (?:requests|calls) (?:\w+ )?)?\b(?:repeat|duplicat|cach)\w*"
        r"(?: hit)?(?: rate)?|same prompts?|identical",
        (Topic.REPEATS,),
    ),
    (
        r"\bcosts?\b|\bcosting\b|\bspen[dt]\w*|\bmoney\b|\bpric\w+|\bexpensive\b"
        r"|\bcheap\w*|\bbills?\b|\bbudget\w*|\bdollars?\b|\busd\b|\$|\binvoice\w*",
        (Topic.COST,),
    ),
    (
        r"(?:how many (?:requests|calls) (?:\w+ ){0,3}?)?\b(?:fail\w*|errors?\b|succe\w+)"
        r"(?: rate)?(?: (?:requests|calls))?|\breliab\w+|\bexceptions?\b|\bbroken\b",
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
        r"how many (?:\w+ )?(?:user|customer|model|feature)s\b|\btraffic\b|\bvolume\b"
        r"|\bpeaks?\b|\bbus(?:y|iest)\b"
        r"|\bpatterns?\b|\bconcurren\w+|\bload\b|\bwho\b|\bmost active\b"
        r"|(?:how many |number of )?(?:requests|calls) (?:per|by|each|an?)\b"
        r"|\bwhen (?:do|does|did|are|is)\b"
        r"|\b(?:top|biggest|largest|heaviest) (?:user|customer|feature)s?\b",
        (Topic.TRAFFIC,),
    ),
    (
        r"how many (?:\w+ )?(?:requests|calls|queries|rows)|how many times"
        r"|(?:number|count|amount) of (?:\w+ )?(?:requests|calls|queries|rows)"
        r"|(?:total|all) (?:requests|calls)|(?:request|call)s? counts?|how often",
        (Topic.COUNT,),
    ),
    (
        r"(?:what|which|whose) data\b|\bcolumns?\b|\bdata ?sets?\b|\bmissing\b"
        r"|what do(?:es)? [\w\s]{0,30}(?:contain|hold)|what is in\b",
        (Topic.DATA,),
    ),
    (
        r"\boverview\b|\bsummar\w+|\banaly[sz]\w*|\breport\b|\bdescribe\b|\binsights?\b"
        r"|\btell me (?:about|everything|more)\b|\bexplore\b|\blook at\b|\beverything\b"
        r"|\bhow are we doing\b|\bgoing on\b|\bstatistics\b|\bstats\b|\busage\b|\bcompare\b",
        (Topic.OVERVIEW,),
    ),
)
PATTERNS = tuple((re.compile(pattern), topics) for pattern, topics in _PATTERNS)

_ERROR_KINDS = (
    r"(?:which|what|by|per|each|(?:kind|type|sort)s? of|most (?:common|frequent)|top(?: \d+)?)"
    r" (?:(?:kind|type|sort)s? of )?(?:errors?(?! rates?\b)(?! (?:is|was) the\b)"
    r"|failure reasons?)(?: (?:type|message|code|kind|text)s?)?"
)
GROUP_NAMES: tuple[tuple[str, GroupBy], ...] = (
    (r"hours? of (?:the |a )?day|times? of (?:the |a )?day", "hour_of_day"),
    (r"week ?days?|days? of (?:the |a )?week", "weekday"),
    (r"models?", "model"),
    (r"features?|use.?cases?|endpoints?|routes?", "feature"),
    (r"users?|customers?|accounts?", "user"),
    (r"(?:http )?status(?: codes?)?", "status"),
    (r"hours?", "hour"),
    (r"days?|dates?", "day"),
    (r"weeks?", "week"),
    (r"months?", "month"),
)
"""What a group is called behind "by", "which" or "per"; what is found is taken out."""

_CHANGE = (
    r"improv(?:ed|ing)|worse|better|chang(?:e|ed|ing)|(?:in|de)creas(?:e|ed|ing)"
    r"|(?:go|goes|gone|went|going) (?:up|down)|ris(?:e|en|ing)|grow(?:n|ing)|dropp(?:ed|ing)"
    r"|reduced?"
)

CHANGED = re.compile(rf"\b(?:{_CHANGE})\b")
"""Words that ask whether something is other than it was."""

GROUP_WORDS: tuple[tuple[str, GroupBy], ...] = (
    (_ERROR_KINDS, "error"),
    (rf"\bdaily\b|\bover time\b|\btrends?\b|\b(?:{_CHANGE})\b", "day"),
    (r"\bhourly\b", "hour"),
    (r"\bweekly\b", "week"),
    (r"\bmonthly\b", "month"),
    (r"\bwho\b|\bwhom\b|\bwhose\b", "user"),
)
"""Words that ask for a grouping wherever they stand."""

BEFORE_GROUP = (
    r"\b(?:by|per|an?|each|every|which|what|whose|across|compare|between|among|top|over|"
    r"(?:most|least) \w+|\w+est)\s+(?:the |all |our |\d+ )?"
)
BETWEEN_GROUPS = r"(?:,|\b(?:and|or)|,? and) (?:by |per )?(?:the )?"

_NO_GROUP = """
request requests call calls token tokens second seconds minute minutes sec ms thousand million
prompt answer response output input query default now far chance average mean hand percent cent
cost costs error errors speed traffic throughput money price prices latency size volume count
usage spend time times month's same using way means itself themselves then it all us me you them
design mistake accident
"""
_IDLE = """
the a an of did do does was were is are we our us i you have has had been be made make in to for
there it its on at all and or how many much please show me tell give what which total number that
with from by today during this these those not no so far come came get got see number sent went
just only also exactly altogether about requests calls queries rows overall log data
"""
IDLE = frozenset(_IDLE.split())
"""Words that restrict nothing."""

NO_GROUP = frozenset(_NO_GROUP.split())
"""What may stand behind "by" and "per" without asking for groups."""
