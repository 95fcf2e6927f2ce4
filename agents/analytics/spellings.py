"""
The names by which logs call each normalised column, most telling first.

Written folded: lower case, letters and digits only, so `prompt_tokens`, `PromptTokens` and
`prompt.tokens` are one spelling. Collected from the logs of providers, gateways and tracing tools:
OpenAI, Anthropic, Gemini, Ollama, LiteLLM, Langfuse, Helicone, OpenTelemetry's `gen_ai` attributes
and the published Azure, BurstGPT and Mooncake traces.
"""

SECONDS = ("s", "sec", "secs", "second", "seconds")
MILLISECONDS = ("ms", "msec", "msecs", "millis", "millisecond", "milliseconds")
MICROSECONDS = ("us", "usec", "micros", "microsecond", "microseconds")
NANOSECONDS = ("ns", "nsec", "nano", "nanos", "nanosecond", "nanoseconds")
TIME_ENDINGS = {
    **dict.fromkeys(SECONDS, "s"),
    **dict.fromkeys(MILLISECONDS, "ms"),
    **dict.fromkeys(MICROSECONDS, "us"),
    **dict.fromkeys(NANOSECONDS, "ns"),
}
NEVER_GLUED = frozenset({"s", "us", "ns"})
"""Endings that need a sign or a capital before them: `responses` are no seconds."""

MONEY_ENDINGS = {"usd": "usd", "dollars": "usd", "dollar": "usd", "cents": "cents", "cent": "cents"}

_TIMESTAMP = """
    timestamp timestamputc utctimestamp time ts datetime createdat created starttime startedat
    requesttimestamp requestedat requestcreatedat requeststarttime requeststart requeststartedat
    eventtime eventtimestamp logtime loggedat logtimestamp receivedat invokedat invocationtime
    sentat arrivedat arrivaltime observedtimestamp starttimestamp timeutc utctime createdatutc
    createtime creationtime date epoch unixtime unixtimestamp starttimeunix timeunix
    timegenerated loggingtime aggregationtimestamp arrivaltimestamp startingat bucketstart
    usagedate usagedateutc
"""
_MODEL = """
    model modelname modelid llmmodel llmmodelname modelused modelkey requestmodel responsemodel
    modelrequested modelversion llm llmname engine deployment deploymentname deploymentid
    modeldeployment modeldeploymentname foundationmodel modelslug providedmodelname
    modelpermaslug snapshotid modelgroup
"""
_INPUT_TOKENS = """
    inputtokens prompttokens contexttokens tokensin intokens tokensinput tokensprompt
    inputtokencount prompttokencount inputtokenscount prompttokenscount ncontexttokenstotal
    ncontexttokens nprompttokens ninputtokens numprompttokens numinputtokens totalinputtokens
    totalprompttokens inputtokenstotal prompttokenstotal requesttokens tokencountprompt
    tokencountinput promptevalcount inputlength promptlength inputlen promptlen querytokens
    tokensrequest prompttoks inputtoks usageinput usagedetailsinput
"""
_OUTPUT_TOKENS = """
    outputtokens completiontokens generatedtokens tokensout outtokens tokensoutput tokenscompletion
    outputtokencount completiontokencount outputtokenscount completiontokenscount
    generatedtokencount ngeneratedtokenstotal ngeneratedtokens ncompletiontokens noutputtokens
    numcompletiontokens numoutputtokens numgeneratedtokens totaloutputtokens totalcompletiontokens
    outputtokenstotal completiontokenstotal responsetokens responsetokencount answertokens
    candidatestokencount tokencountcompletion tokencountoutput evalcount outputlength outputlen
    completionlength generationlength tokensresponse completiontoks outputtoks usageoutput
    usagedetailsoutput
"""
_CACHED_TOKENS = """
    cachedtokens cachereadinputtokens cachereadtokens cachedinputtokens cachedprompttokens
    promptcachedtokens inputcachedtokens cachedtokencount cachedcontenttokencount
    promptcachehittokens cachehittokens tokenscached ncachedtokens numcachedtokens cacheread
    inputtokenscached prompttokenscached usagecacheread cachereadinputtokencount
    ncachedcontexttokenstotal ncachedcontexttokens promptcachereadtokens
    usagedetailsinputcachedtokens
"""
_CACHE_WRITE_TOKENS = """
    cachewritetokens cachecreationinputtokens cachewriteinputtokens cachecreationtokens
    cachecreationtokencount cachewritetokencount cachewriteinputtokencount
    cachecreationinputtokencount promptcachewritetokens promptcachecreationtokens
    inputcachecreationtokens inputcachewritetokens inputcachecreation inputcachewrite
    inputtokenscachewrite inputtokenscachecreation cachewritetokenscount
    ncachewritetokens numcachewritetokens cachecreation cachewrite cachewrites
    tokenscachewrite usagecachewrite usagecachecreation cachedwritetokens
    cachewriteprompttokens totalcachewritetokens totalcachecreationtokens
"""
_LONG_CACHE_WRITE_TOKENS = """
    ephemeral1hinputtokens cachecreationephemeral1hinputtokens cachewrite1htokens
    cachewriteinputtokens1h cachewritetokens1h
"""
_LATENCY = """
    latency duration elapsed elapsedtime responsetime requestduration requestlatency
    responselatency totallatency totalduration totaltime e2elatency endtoendlatency endtoendtime
    processingtime inferencetime inferencelatency timetaken took runtime walltime wallclock
    calllatency callduration apilatency apiduration llmlatency llmduration modellatency
    executiontime roundtriptime latencytotal durationtotal generationtime
"""
_TTFT = """
    ttft timetofirsttoken firsttokenlatency firsttokentime timefirsttoken latencyfirsttoken
    timetofirstchunk firstchunklatency timetofirstbyte ttfb firstbytelatency firstresponsetime
    timetofirstresponse completionstarttime firsttokenat firsttokentimestamp
"""
_COST = """
    cost spend price totalcost responsecost requestcost totalspend totalprice callcost llmcost
    modelcost billedcost calculatedtotalcost estimatedcost costtotal charge charged usd
"""
_STATUS = """
    statuscode httpstatus httpstatuscode status responsestatus responsestatuscode responsecode
    httpcode outcome requeststatus callstatus runstatus state
"""
_SUCCESS_FLAGS = "success succeeded issuccess issuccessful successful wassuccessful ok isok"
_FAILURE_FLAGS = "iserror haserror iserrored errored failed isfailed hasfailed failure isfailure"
_ERROR = """
    error errormessage errormsg errortype errorcode errortext errordetail errordetails errorreason
    errorclass errorname exception exceptionmessage exceptiontype failurereason failuremessage
    statusmessage
"""
_USER_ID = """
    userid user username requestuserid useremail enduser enduserid customerid customer accountid
    account clientid client tenantid tenant organizationid organization orgid org workspaceid
    workspace teamid team metadatauserid distinctid
"""
_FEATURE = """
    feature featurename usecase endpoint route tag operation operationname task taskname tasktype
    requesttype workflow workflowname application applicationname app appname component project
    projectname service servicename agent agentname function functionname path calltype action
    intent product module tracename spanname promptname prompttemplate templatename logtype
"""
_PROMPT_HASH = """
    prompthash requesthash inputhash messageshash promptfingerprint promptmd5 promptsha
    promptsha256 contenthash bodyhash queryhash cachekey promptdigest
"""
_PROVIDER = """
    provider providername llmprovider modelprovider apiprovider vendor customllmprovider
    genaiprovidername genaisystem
"""
_PROJECT = """
    projectid apikeyname apikeyalias apikeyid keyalias keyname userapikeyalias
"""
_SESSION_ID = """
    sessionid conversationid threadid chatid dialogid conversation litellmsessionid
"""
_REQUEST_ID = """
    requestid responseid completionid generationid callid messageid litellmcallid requestuuid
    correlationid id
"""
_TIER = "servicetier processingtier pricingtier"
_BATCH_FLAGS = "batch isbatch isbatched batched"
_REASONING_TOKENS = """
    reasoningtokens reasoningoutputtokens thinkingtokens thoughtstokencount thoughtstokens
    completiontokensdetailsreasoningtokens outputtokensdetailsreasoningtokens tokensreasoning
    reasoningtokencount thinkingtokencount usagedetailsreasoningtokens nreasoningtokens
"""
_PROMPT_TEXTS = "prompt prompttext userprompt inputtext question querytext requesttext usermessage"

PLAIN: dict[str, str] = {
    "timestamp": _TIMESTAMP,
    "model": _MODEL,
    "input_tokens": _INPUT_TOKENS,
    "output_tokens": _OUTPUT_TOKENS,
    "cached_tokens": _CACHED_TOKENS,
    "cache_write_tokens": _CACHE_WRITE_TOKENS,
    "latency_ms": _LATENCY,
    "ttft_ms": _TTFT,
    "cost_usd": _COST,
    "status": _STATUS,
    "error": _ERROR,
    "user_id": _USER_ID,
    "feature": _FEATURE,
    "prompt_hash": _PROMPT_HASH,
    "provider": _PROVIDER,
    "project": _PROJECT,
    "session_id": _SESSION_ID,
    "request_id": _REQUEST_ID,
    "tier": _TIER,
    "reasoning_tokens": _REASONING_TOKENS,
    "long_cache_write_tokens": _LONG_CACHE_WRITE_TOKENS,
}
"""Spellings by normalised column, separated by spaces."""

WITH_UNIT = (
    (_SUCCESS_FLAGS, "status", "success"),
    (_FAILURE_FLAGS, "status", "failure"),
    (_PROMPT_TEXTS, "prompt_hash", "text"),
    (_BATCH_FLAGS, "tier", "batch"),
)
"""Spellings, column and unit where the name alone says both; taken when no plain one is there."""

NEEDS_UNIT = {
    "time": "latency_ms",
    "response": "latency_ms",
    "costin": "cost_usd",
    "pricein": "cost_usd",
}
"""Too vague, or something else, alone; with a unit behind them, as in `time_ms`, they are clear."""

LENGTHS = frozenset(
    {
        "inputlength",
        "promptlength",
        "inputlen",
        "promptlen",
        "outputlength",
        "outputlen",
        "completionlength",
        "generationlength",
    }
)
"""Spellings of token columns that could as well count characters."""

_ENDED_AT = """
    endtime endedat endtimestamp finishedat finishtime finishedtime completedat completedtime
    completiontime completiontimestamp endtimeunix requestendtime requestend requestendedat
    responsetimestamp respondedat endat stoptime responseat responsereceivedat responsecreatedat
    endingat bucketend
"""

CLUES: dict[str, str] = {"ended_at": _ENDED_AT}
"""Spellings of columns that are not kept, but help to read others."""

ALSO_PROJECT = frozenset(
    {"project", "projectname", "workspace", "workspaceid", "team", "teamid", "tenant", "tenantid"}
    | {"organization", "organizationid", "org", "orgid"}
)
"""Spellings of a user or a feature that are rather the project, where another column is that."""

DATES = frozenset({"date", "logdate", "eventdate", "startdate", "requestdate"})
CLOCKS = frozenset({"time", "starttime", "eventtime", "logtime", "timeutc"})
"""Spellings of a day and of the time of that day, which together are a timestamp."""

REQUEST_NOUNS = frozenset({"requests", "calls", "invocations"})
REQUEST_COUNTS = frozenset({"requestcount", "callcount", "invocationcount", "requestscount"})
REQUEST_WORDS = frozenset(
    {"num", "number", "n", "no", "of", "total", "count", "sum", "model", "llm", "api", "http"}
    | {"chat", "completion", "completions", "successful", "completed", "usage"}
)
"""A name of one noun and such words, as `num_model_requests`, says how many requests a row is."""
