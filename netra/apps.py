from django.apps import AppConfig


class NetraConfig(AppConfig):
    name = "netra"

    def ready(self) -> None:
        import netra.checks  # noqa: F401, PLC0415 - registers the system checks
