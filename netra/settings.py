"""
Every setting of Netra. All come from environment variables named NETRA_…, read once, here.

A bad value stops the start and names its variable; README.md lists them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
import dj_email_url
from django.core.exceptions import ImproperlyConfigured

from netra import env, instance, keys, logs
from netra.openapi import texts
from netra.postgresql.connection import PatientConnection

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = env.directory("NETRA_DATA_DIR", BASE_DIR / ".netra")
VERSION = "0.1.0"

DEBUG = env.flag("NETRA_DEBUG", default=False)
SECRET_KEY = keys.key("NETRA_SECRET_KEY", DATA_DIR / "keys" / "secret")
SIGNING_KEY = keys.key("NETRA_SIGNING_KEY", DATA_DIR / "keys" / "signing")
# Begins the name of everything we have on a Redis or RabbitMQ that others may use as well.
INSTALLATION = f"netra.{keys.installation(SIGNING_KEY)}"
ALLOWED_HOSTS = env.words("NETRA_ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
# Origins beside our own that may open a socket, with scheme and port: https://chat.example:8443
ALLOWED_ORIGINS = env.words("NETRA_ALLOWED_ORIGINS")
# How people reach it: links in mail begin so, and https:// keeps cookies and pages to HTTPS.
PUBLIC_URL = env.url("NETRA_PUBLIC_URL", "http://127.0.0.1:8002", schemes=["http", "https"])
IS_HTTPS = PUBLIC_URL.startswith("https://")
# Set it only behind a proxy that overwrites X-Forwarded-Proto and has the last word in
# X-Forwarded-For.
TRUST_PROXY = env.flag("NETRA_TRUST_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None

INSTALLED_APPS = [
    "netra.administration.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "axes",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "accounts",
    "agents",
    "realtime",
    "netra",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "netra.headers.ContentSecurityPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "netra.rest.StorableQuery",
    "axes.middleware.AxesMiddleware",  # last: it answers for who is locked out
]
ROOT_URLCONF = "netra.urls"
ASGI_APPLICATION = "netra.asgi.application"
APPEND_SLASH = False  # every path is served with and without one
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATIC_ROOT.mkdir(mode=0o700, exist_ok=True)
WHITENOISE_USE_FINDERS = True  # serves the apps' files without a collectstatic step

# --- storage -----------------------------------------------------------------------------------

DATABASE_URL = env.url(
    "NETRA_DATABASE_URL",
    f"sqlite:///{DATA_DIR / 'netra.sqlite3'}",
    schemes=["sqlite", "postgres", "postgresql"],
)
# Of workers and commands; `serve` gives up sooner, and says so to who asks.
DATABASE_TIMEOUT_SECONDS = env.integer("NETRA_DATABASE_TIMEOUT_SECONDS", 20, minimum=1)
DATABASE_POOL_SIZE = env.integer("NETRA_DATABASE_POOL_SIZE", 16, minimum=1)
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # DEFERRED: 560 of 800 concurrent writes failed; this: none
    "timeout": DATABASE_TIMEOUT_SECONDS,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POSTGRES_OPTIONS = {
    "pool": {
        "connection_class": PatientConnection,
        "min_size": 1,
        "max_size": DATABASE_POOL_SIZE,
        "timeout": DATABASE_TIMEOUT_SECONDS,
        "reconnect_timeout": 1,  # then who waits next tries; psycopg's waits grow to minutes
    },
    "connect_timeout": 3,
    # A server whose machine or network is gone is noticed within 20 s.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 20_000,
}
try:
    _database: dict[str, Any] = dict(dj_database_url.parse(DATABASE_URL))
except ValueError as error:
    raise ImproperlyConfigured(f"NETRA_DATABASE_URL cannot be read: {error}") from error
IS_SQLITE = DATABASE_URL.startswith("sqlite")
_database["OPTIONS"] = {
    **_database.get("OPTIONS", {}),
    **(SQLITE_OPTIONS if IS_SQLITE else POSTGRES_OPTIONS),
}
_database["ENGINE"] = "netra.sqlite" if IS_SQLITE else "netra.postgresql"
_database["CONN_HEALTH_CHECKS"] = True  # a pool is full of dead connections after an outage
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATASETS_DIR = DATA_DIR / "datasets"
ATTACHED_DIR = DATA_DIR / "attached"  # logs that came with messages, until they are read
ATTACHED_DIR.mkdir(mode=0o700, exist_ok=True)
UPLOAD_LIMIT_BYTES = env.integer("NETRA_UPLOAD_LIMIT_MB", 150, minimum=1) * 1024 * 1024
# Of a report of traces, unpacked; OpenTelemetry recommends 20 MiB.
TRACES_LIMIT_BYTES = env.integer("NETRA_TRACES_LIMIT_MB", 20, minimum=1) * 1024 * 1024
# Rows of one user's live traces that are staged: from so many on they are folded into a part file
# without waiting for its time, and with so many nobody does, so that senders have to wait.
FOLDED_SPANS, STAGED_SPANS_LIMIT = 50_000, 500_000
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # like a socket frame; files are not counted

# --- limits ------------------------------------------------------------------------------------

# Of one user, in one server process: sockets and event streams, and messages on all of them.
SOCKETS_PER_USER = env.integer("NETRA_SOCKETS_PER_USER", 200, minimum=1)
MESSAGES_PER_MINUTE = env.integer("NETRA_MESSAGES_PER_MINUTE", 6_000, minimum=1)
# Of one user, everywhere: threads in which a run is live, and runs that wait in them.
LIVE_RUNS_PER_USER = env.integer("NETRA_LIVE_RUNS_PER_USER", 250, minimum=1)
QUEUED_RUNS_PER_USER = env.integer("NETRA_QUEUED_RUNS_PER_USER", 1_000)
# Events, model messages and tool calls are removed so long after their run's end, and parts of
# live traces so long after their last request; 0: never.
RETENTION_DAYS = env.integer("NETRA_RETENTION_DAYS", 90)

# --- broker and channel layer ------------------------------------------------------------------

REDIS_IS_GIVEN = env.is_given("NETRA_REDIS_URL")  # otherwise `up` starts one of its own
_local = instance.running(DATA_DIR)  # commands beside a running `up` use its Redis
REDIS_URL = env.url(
    "NETRA_REDIS_URL",
    _local.redis_url if _local else "redis://127.0.0.1:6379/0",
    schemes=["redis", "rediss", "unix"],
)
BROKER_URL = env.url(
    "NETRA_BROKER_URL", REDIS_URL, schemes=["redis", "rediss", "unix", "amqp", "amqps"]
)
CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "realtime.layers.PubSubLayer",
        "CONFIG": {"hosts": [REDIS_URL], "prefix": INSTALLATION},
    }
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": INSTALLATION,
        # Who logs in waits for it; without it, each server counts attempts for itself.
        "OPTIONS": {"socket_timeout": 0.5, "socket_connect_timeout": 0.5},
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_DEFAULT_QUEUE = INSTALLATION
CELERY_CONTROL_EXCHANGE = f"{INSTALLATION}.control"
CELERY_EVENT_EXCHANGE = f"{INSTALLATION}.events"
CELERY_EVENT_QUEUE_PREFIX = f"{INSTALLATION}.events"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
if not BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        # What a worker has taken is not written down a second time: a message that is lost with it
        # is found in the database long before Redis would give it out again.
        "ack_emulation": False,
        "socket_timeout": 5,  # above the 1 s that the worker's BRPOP blocks
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        # A send that fails is repeated by the workers' maintenance, not by the sender's thread.
        "max_retries": 1,
        "interval_start": 0.1,
    }
CELERY_TASK_IGNORE_RESULT = True
# A message is acknowledged as soon as a thread has it; lost runs are found in the database. Late
# acknowledgement gains nothing, and with kombu 5.7 it ended the worker when Redis died under a run
# (AttributeError in restore_unacked).
CELERY_TASK_ACKS_LATE = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_POOL = "threads"  # a task only waits; the run lives on the process's event loop
CELERY_WORKER_CONCURRENCY = env.integer("NETRA_WORKER_CONCURRENCY", 100, minimum=1)
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_REDIRECT_STDOUTS = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_BEAT_SCHEDULE_FILENAME = str(DATA_DIR / "beat")
CELERY_BEAT_SCHEDULE = {
    "remove-expired": {
        "task": "accounts.remove_expired",
        "schedule": timedelta(minutes=10),
    },
    "prune": {"task": "agents.prune", "schedule": timedelta(minutes=1)},
    "fold-traces": {"task": "agents.fold_traces", "schedule": timedelta(minutes=1)},
    "remove-leftovers": {"task": "agents.remove_leftovers", "schedule": timedelta(hours=1)},
}

# --- accounts ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.NameOrEmailBackend",
]
# Only the admin has sessions in cookies; the socket and REST ignore them.
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_PATH = "/admin/"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_PATH = "/admin/"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL.rstrip("/")]
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^(api/)?health/?$"]  # probes come without the proxy
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
# Preloading is hard to undo, and once the header allows it anybody may ask for it.
SILENCED_SYSTEM_CHECKS = ["security.W021"]
# Whether everyone may make an account for themselves.
REGISTRATION_OPEN = env.flag("NETRA_REGISTRATION_OPEN", default=False)
THROTTLES = {
    "log_in": env.integer("NETRA_LOG_INS_PER_MINUTE", 30, minimum=1),  # of one address
    "mail": 5,  # a minute, asked for by one address
    "mail_to": 5,  # an hour, to one person
    "traces": env.integer("NETRA_TRACES_PER_MINUTE", 6_000, minimum=1),  # reports of one user
}
AXES_FAILURE_LIMIT = env.integer("NETRA_LOG_IN_FAILURES", 10, minimum=1)  # then there is a pause
AXES_COOLOFF_TIME = timedelta(minutes=15)
# By address too, so that nobody can be locked out by somebody else.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_CALLABLE = "accounts.attempts.counted_name"
AXES_CLIENT_IP_CALLABLE = "accounts.attempts.counted_address"
AXES_ENABLE_ACCESS_FAILURE_LOG = True
AXES_DISABLE_ACCESS_LOG = True  # what succeeds is a row of LogIn
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # ours is in accounts/admin/
AXES_LOCKOUT_TEMPLATE = "accounts/locked_out.html"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
SIMPLE_JWT = {
    "ALGORITHM": "HS256",
    "SIGNING_KEY": SIGNING_KEY,
    "ISSUER": "netra",
    "AUDIENCE": "netra",
    "ACCESS_TOKEN_LIFETIME": timedelta(
        seconds=env.integer("NETRA_ACCESS_TOKEN_SECONDS", 15 * 60, minimum=5)
    ),
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),  # and of a log-in that nobody renews
    "LEEWAY": timedelta(seconds=10),  # by which the clocks of two servers may differ
    "AUTH_TOKEN_CLASSES": ("accounts.tokens.AccessToken",),
}

# --- mail --------------------------------------------------------------------------------------

MAIL_IS_SENT = env.is_given("NETRA_EMAIL_URL")
MAIL_SCHEMES = ["smtp", "submission", "console", "file", "dummy"]
_mail_url = env.url("NETRA_EMAIL_URL", "dummy://", schemes=MAIL_SCHEMES)
try:
    _mail = dj_email_url.parse(_mail_url)
except ValueError as error:
    raise ImproperlyConfigured(f"NETRA_EMAIL_URL cannot be read: {error}") from error
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS, EMAIL_USE_SSL = _mail["EMAIL_USE_TLS"], _mail["EMAIL_USE_SSL"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"] or 10  # seconds
DEFAULT_FROM_EMAIL = env.text("NETRA_EMAIL_FROM", "Netra <netra@localhost>")

# --- REST --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.IsUser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["netra.rest.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "netra.rest.Pages",
    "DEFAULT_SCHEMA_CLASS": "netra.openapi.inspector.Inspector",
    "EXCEPTION_HANDLER": "netra.rest.error_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Netra",
    "DESCRIPTION": texts.API,
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "TAGS": texts.TAGS,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/",
    "PREPROCESSING_HOOKS": ["netra.openapi.hooks.without_slash"],
    # What is read only does not belong into a request.
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {"RunStateEnum": "agents.states.RunState"},
    "APPEND_COMPONENTS": {"securitySchemes": texts.REFRESH_COOKIE},
}

# --- agents ------------------------------------------------------------------------------------

# The model of every agent that names none: "builtin", "openai-chat:gpt-5", "anthropic:claude-…"
MODEL = env.text("NETRA_MODEL", "builtin")
# Models beside MODEL that a user may choose for one run with `parameters.model`.
ALLOWED_MODELS = env.words("NETRA_ALLOWED_MODELS")
# Modules of your own that register tools and model providers; workers import them at start.
EXTENSIONS = env.words("NETRA_EXTENSIONS")
# How long a call waits for somebody's approval; then it counts as denied.
APPROVAL_HOURS = env.integer("NETRA_APPROVAL_HOURS", 24, minimum=1)
CONVERSATION_MEMORY_TOKENS = env.integer("NETRA_CONVERSATION_MEMORY_TOKENS", 16_000)

# --- logs --------------------------------------------------------------------------------------

LOGGING = logs.configuration(
    form=env.choice("NETRA_LOG_FORMAT", "console", ["console", "json"]),
    level=env.choice("NETRA_LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
)
