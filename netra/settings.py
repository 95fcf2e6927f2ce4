"""
Every setting of Netra. All come from environment variables named NETRA_…, read once, here.

A bad value stops the start and names its variable; README.md lists them.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from netra import env, instance, keys, logs

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
# Set it only behind a proxy that overwrites X-Forwarded-Proto and has the last word in
# X-Forwarded-For.
TRUST_PROXY = env.flag("NETRA_TRUST_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.staticfiles",
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
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "netra.rest.StorableQuery",
]
ROOT_URLCONF = "netra.urls"
ASGI_APPLICATION = "netra.asgi.application"
APPEND_SLASH = False  # every path is served with and without one
TEMPLATES: list[dict[str, Any]] = [
    {"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}
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
# A web request gives up sooner than a worker, so that a busy database is answered, not waited for.
DATABASE_TIMEOUT_SECONDS = env.integer("NETRA_DATABASE_TIMEOUT_SECONDS", 20, minimum=1)
DATABASE_POOL_SIZE = env.integer("NETRA_DATABASE_POOL_SIZE", 16, minimum=1)
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",  # DEFERRED: 560 of 800 concurrent writes failed; this: none
    "timeout": DATABASE_TIMEOUT_SECONDS,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
}
POSTGRES_OPTIONS = {
    "pool": {"min_size": 1, "max_size": DATABASE_POOL_SIZE, "timeout": DATABASE_TIMEOUT_SECONDS},
    "connect_timeout": 3,
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
DATABASES = {"default": _database}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"

DATASETS_DIR = DATA_DIR / "datasets"
UPLOAD_LIMIT_BYTES = env.integer("NETRA_UPLOAD_LIMIT_MB", 150, minimum=1) * 1024 * 1024
FILE_UPLOAD_TEMP_DIR = DATA_DIR / "uploads"
FILE_UPLOAD_TEMP_DIR.mkdir(mode=0o700, exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # like a socket frame; files are not counted

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
CELERY_BROKER_URL = BROKER_URL
CELERY_TASK_DEFAULT_QUEUE = INSTALLATION
CELERY_CONTROL_EXCHANGE = f"{INSTALLATION}.control"
CELERY_EVENT_EXCHANGE = f"{INSTALLATION}.events"
CELERY_EVENT_QUEUE_PREFIX = f"{INSTALLATION}.events"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # a worker waits for its broker for ever
if not BROKER_URL.startswith("amqp"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "visibility_timeout": 3600,
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
    "remove-expired-secrets": {
        "task": "accounts.remove_expired_secrets",
        "schedule": timedelta(minutes=10),
    },
    "remove-leftovers": {"task": "agents.remove_leftovers", "schedule": timedelta(hours=1)},
}

# --- accounts ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.NameOrEmailBackend"]
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
    "REFRESH_TOKEN_LIFETIME": timedelta(days=14),
    "AUTH_TOKEN_CLASSES": ("accounts.tokens.AccessToken",),
}

# --- REST --------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["netra.rest.StrictJSONParser"],
    "DEFAULT_PAGINATION_CLASS": "netra.rest.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "netra.rest.error_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Netra",
    "DESCRIPTION": "Runs AI agents for chat users and shows every step live.",
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/",
    "ENUM_NAME_OVERRIDES": {"RunStateEnum": "agents.states.RunState"},
}

# --- agents ------------------------------------------------------------------------------------

# The model of every agent that names none: "builtin", "openai-chat:gpt-5", "anthropic:claude-…"
MODEL = env.text("NETRA_MODEL", "builtin")
# Models beside MODEL that a user may choose for one run with `parameters.model`.
ALLOWED_MODELS = env.words("NETRA_ALLOWED_MODELS")
# Modules of your own that register tools and model providers; workers import them at start.
EXTENSIONS = env.words("NETRA_EXTENSIONS")
CONVERSATION_MEMORY_TOKENS = env.integer("NETRA_CONVERSATION_MEMORY_TOKENS", 16_000)

# --- logs --------------------------------------------------------------------------------------

LOGGING = logs.configuration(
    form=env.choice("NETRA_LOG_FORMAT", "console", ["console", "json"]),
    level=env.choice("NETRA_LOG_LEVEL", "INFO", ["DEBUG", "INFO", "WARNING", "ERROR"]),
)
