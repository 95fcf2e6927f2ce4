"""The ASGI application: HTTP goes to Django, `/ws` to the socket."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "netra.settings")
django_application = get_asgi_application()  # fills the app registry; models may be imported below

from channels.routing import ProtocolTypeRouter  # noqa: E402

from netra.door import Door  # noqa: E402
from realtime.routing import socket_application  # noqa: E402

application = ProtocolTypeRouter(
    {"http": Door(django_application), "websocket": socket_application}
)
