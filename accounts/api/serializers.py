"""Shapes of what `auth/…` takes and gives."""

from typing import Any

from rest_framework import serializers

from accounts.models import User


class CredentialsSerializer(serializers.Serializer[Any]):
    username = serializers.CharField(
        required=False, max_length=254, help_text="the user's name or e-mail address"
    )
    email = serializers.CharField(
        required=False, max_length=254, help_text="may stand in place of `username`"
    )
    password = serializers.CharField(max_length=1024, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        login = attrs.get("username") or attrs.get("email")
        if not login:
            raise serializers.ValidationError({"username": "Give a name or an e-mail address."})
        return {"login": login, "password": attrs["password"]}


class PairSerializer(serializers.Serializer[Any]):
    access = serializers.CharField(help_text="send it as `Authorization: Bearer …`")
    refresh = serializers.CharField(help_text="buys the next pair")


class RefreshSerializer(serializers.Serializer[Any]):
    refresh = serializers.CharField(max_length=2048)


class LinkSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(max_length=128, help_text="what follows `#link=` in the link")


class TicketSerializer(serializers.Serializer[Any]):
    ticket = serializers.CharField(help_text="opens one socket: `/ws?ticket=…`")
    expires_in = serializers.IntegerField(help_text="seconds")


class UserSerializer(serializers.ModelSerializer[User]):
    class Meta:
        model = User
        fields = ("id", "username", "email", "is_staff", "date_joined")
        read_only_fields = fields
