"""`/api/auth/…` for callers who have signed in: who they are, what they hold, and its end."""

from collections.abc import Sequence

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from accounts import keys, passwords, users
from accounts.api.cookies import without_cookie
from accounts.api.entrance import pair, valid
from accounts.api.errors import fails_with
from accounts.api.serializers import (
    KeyRequestSerializer,
    KeySerializer,
    NewKeySerializer,
    PairSerializer,
    PasswordSerializer,
    ProfileSerializer,
    TicketSerializer,
    UserSerializer,
)
from accounts.authentication import TICKET_LIFETIME, Session, buy_ticket
from accounts.exceptions import KeyNotFound, TooManyKeys
from accounts.models import ApiKey
from accounts.origin import origin_of
from accounts.permissions import HasLoggedIn, IsUser, session_in
from accounts.scopes import Scope
from accounts.throttles import LogInThrottle


class MeView(APIView):
    def get_permissions(self) -> Sequence[BasePermission]:
        return [HasLoggedIn()] if self.request.method == "PATCH" else [IsUser()]

    def get_throttles(self) -> list[BaseThrottle]:
        return [LogInThrottle()] if self.request.method == "PATCH" else []  # it takes a password

    @extend_schema(responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Who the token belongs to."""
        return Response(UserSerializer(session_of(request).user).data)

    @extend_schema(request=ProfileSerializer, responses=UserSerializer)
    def patch(self, request: Request) -> Response:
        """Change one's name or address; a new address needs the password."""
        changes = valid(ProfileSerializer, request)
        current = changes.pop("current_password", None)
        user = users.change_profile(session_of(request), changes, current)
        return Response(UserSerializer(user).data)


class PasswordView(APIView):
    permission_classes = (HasLoggedIn,)
    throttle_classes = (LogInThrottle,)

    @extend_schema(request=PasswordSerializer, responses=PairSerializer)
    def post(self, request: Request) -> Response:
        """
        Set a new password.

        Ends every log-in and API key of the user and closes their sockets; answers a new pair.
        """
        given = valid(PasswordSerializer, request)
        issued = passwords.change_password(
            session_of(request),
            current=given.get("current_password"),
            new=given["new_password"],
            origin=origin_of(request),
        )
        return pair(issued, request, in_cookie=given["cookie"])


class LogoutAllView(APIView):
    permission_classes = (HasLoggedIn,)

    @extend_schema(request=None, responses={204: None})
    def post(self, request: Request) -> Response:
        """End every log-in and API key of the user, this one too, and close their sockets."""
        session_of(request).user.end_log_ins()
        return without_cookie(Response(status=status.HTTP_204_NO_CONTENT))


class TicketView(APIView):
    scope = Scope.READ

    @extend_schema(request=None, responses=TicketSerializer)
    def post(self, request: Request) -> Response:
        """Buy a ticket for one socket, single use, valid for 30 s."""
        expires_in = int(TICKET_LIFETIME.total_seconds())
        return Response({"ticket": buy_ticket(session_of(request)), "expires_in": expires_in})


class KeysView(ListAPIView[ApiKey]):
    """The user's API keys, newest first, those that have ended too."""

    permission_classes = (HasLoggedIn,)
    serializer_class = KeySerializer

    def get_queryset(self) -> QuerySet[ApiKey]:
        own: QuerySet[ApiKey] = ApiKey.objects.filter(user=session_of(self.request).user)
        return own.select_related("user")

    @fails_with(TooManyKeys)
    @extend_schema(request=KeyRequestSerializer, responses={201: NewKeySerializer})
    def post(self, request: Request) -> Response:
        """Make a key. Its text is in this answer, and nowhere else again."""
        given = valid(KeyRequestSerializer, request)
        key, text = keys.create_key(user=session_of(request).user, **given)
        return Response({**KeySerializer(key).data, "key": text}, status=status.HTTP_201_CREATED)


@fails_with(KeyNotFound)
class KeyView(APIView):
    permission_classes = (HasLoggedIn,)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key_id: str) -> Response:
        """Revoke a key, and close the sockets that it opened."""
        keys.revoke_key(user=session_of(request).user, key_id=int(key_id))
        return Response(status=status.HTTP_204_NO_CONTENT)


def session_of(request: Request) -> Session:
    """The session of a caller whom the permissions have let through."""
    session = session_in(request)
    assert session is not None
    return session
