from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        # Registers itself with the schema generator; Django is not set up before this.
        import accounts.api.openapi  # noqa: F401, PLC0415
