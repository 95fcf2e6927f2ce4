from typing import Any

from django.apps import AppConfig

from accounts.signals import log_ins_ended


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        log_ins_ended.connect(tell_servers)


def tell_servers(user_id: int, **_: Any) -> None:
    """In whatever process a log-in was ended, all servers look at its user's sockets."""
    # Models cannot be imported while apps are loaded.
    from agents.publishing.push import push_soon  # noqa: PLC0415
    from realtime.positions import end_push  # noqa: PLC0415

    push_soon([end_push(user_id)])
