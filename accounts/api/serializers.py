"""Shapes of what `auth/…` takes and gives."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.api.fields import AddressField, EpochField, FlagField, TextField, WholeField
from accounts.models import ApiKey, User
from accounts.scopes import Scope

LONGEST_PASSWORD = 1024
LONGEST_KEY_LIFE_DAYS = 3650


class PasswordField(TextField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_PASSWORD, trim_whitespace=False, **kwargs)


class KeepSerializer(serializers.Serializer[Any]):
    """What every way to log in takes."""

    cookie = FlagField(
        default=False,
        help_text="for browsers: keep the refresh token in an HttpOnly cookie, not in the answer",
    )


class CredentialsSerializer(KeepSerializer):
    schema_also = {"anyOf": [{"required": ["username"]}, {"required": ["email"]}]}

    username = TextField(
        required=False, max_length=254, help_text="the user's name or e-mail address"
    )
    email = TextField(required=False, max_length=254, help_text="may stand in place of `username`")
    password = PasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        login = attrs.get("username") or attrs.get("email")
        if not login:
            raise serializers.ValidationError({"username": "Give a name or an e-mail address."})
        return {**attrs, "login": login}


class RegistrationSerializer(KeepSerializer):
    username = TextField(max_length=64, help_text="letters, digits and . + - _")
    email = AddressField(max_length=254)
    password = PasswordField()


class LinkSerializer(KeepSerializer):
    secret = TextField(max_length=128, help_text="what follows `#link=` in the link")


class PasswordSerializer(KeepSerializer):
    new_password = PasswordField()
    current_password = PasswordField(
        required=False,
        help_text="not needed within an hour of a log-in with a link, or if there is none yet",
    )


class PairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="send it as `Authorization: Bearer …`")
    refresh = serializers.CharField(
        required=False, help_text="buys the next pair, once; absent if it is in the cookie"
    )


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = TextField(
        required=False, max_length=2048, help_text="without it the one in the cookie is used"
    )


class VerifySerializer(serializers.Serializer[Any]):
    token = TextField(max_length=2048, help_text="an access token or an API key")


class VerifiedSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField()
    expires_at = EpochField(allow_null=True, help_text="null: not before it is revoked")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))


class LoginSerializer(serializers.Serializer[Any]):
    login = TextField(max_length=254, help_text="a name or an e-mail address")


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="opens one socket: `/ws?ticket=…`")
    expires_in = serializers.IntegerField(help_text="seconds")


class UserSerializer(serializers.ModelSerializer[User]):
    has_password = serializers.BooleanField(source="has_usable_password", read_only=True)

    class Meta:
        model = User
        fields = (
            "id",
            "username",
            "email",
            "first_name",
            "last_name",
            "is_staff",
            "has_password",
            "date_joined",
        )
        read_only_fields = fields


class ProfileSerializer(serializers.Serializer[Any]):
    """Changes of one's own profile; what is wrong with a value the model says."""

    username = TextField(required=False, max_length=64)
    email = AddressField(required=False, max_length=254)
    first_name = TextField(required=False, allow_blank=True, max_length=150)
    last_name = TextField(required=False, allow_blank=True, max_length=150)
    current_password = PasswordField(required=False, help_text="needed to change the address")


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    created_at = EpochField()
    expires_at = EpochField(allow_null=True)
    last_used_at = EpochField(allow_null=True, help_text="to the minute")
    is_live = serializers.SerializerMethodField(help_text="false: expired, revoked or logged out")
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices))

    class Meta:
        model = ApiKey
        fields: tuple[str, ...] = (
            "id",
            "name",
            "hint",
            "scopes",
            "created_at",
            "expires_at",
            "last_used_at",
            "is_live",
        )
        read_only_fields = fields

    def get_is_live(self, key: ApiKey) -> bool:
        return key.is_live()


class NewKeySerializer(KeySerializer):
    key = serializers.CharField(help_text="shown this once")

    class Meta(KeySerializer.Meta):
        fields = (*KeySerializer.Meta.fields, "key")
        read_only_fields = fields


class KeyRequestSerializer(serializers.Serializer[Any]):
    name = TextField(max_length=80, help_text="what it is for")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), min_length=1
    )
    expires_in_days = WholeField(
        required=False, min_value=1, max_value=LONGEST_KEY_LIFE_DAYS, help_text="absent: never"
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        days = attrs.pop("expires_in_days", None)
        expires_at = timezone.now() + timedelta(days=days) if days is not None else None
        return {**attrs, "scopes": set(attrs["scopes"]), "expires_at": expires_at}
