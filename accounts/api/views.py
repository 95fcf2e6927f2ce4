"""Log-in, the next token, who am I, a ticket for a socket."""

from typing import Any

from django.contrib.auth import authenticate
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts import tokens
from accounts.api.serializers import (
    CredentialsSerializer,
    LinkSerializer,
    PairSerializer,
    RefreshSerializer,
    TicketSerializer,
    UserSerializer,
)
from accounts.authentication import TICKET_LIFETIME, Session, buy_ticket, log_in_with_link
from accounts.exceptions import AuthenticationFailed
from accounts.models import User


class OpenView(APIView):
    """For callers that have no token yet; a stale one in the header does not matter."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


class TokenView(OpenView):
    @extend_schema(request=CredentialsSerializer, responses=PairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Log in with a name or an e-mail address and a password."""
        given = valid(CredentialsSerializer, request)
        user = authenticate(username=given["login"], password=given["password"])
        if not isinstance(user, User):
            raise AuthenticationFailed("There is no active user with this name and password.")
        return pair(tokens.issue(user))


class RefreshView(OpenView):
    @extend_schema(request=RefreshSerializer, responses=PairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Trade a refresh token for the next pair."""
        return pair(tokens.renew(valid(RefreshSerializer, request)["refresh"]))


class LinkView(OpenView):
    @extend_schema(request=LinkSerializer, responses=PairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Log in with the secret of a one-time link."""
        return pair(log_in_with_link(valid(LinkSerializer, request)["secret"]))


class MeView(APIView):
    @extend_schema(responses=UserSerializer)
    def get(self, request: Request) -> Response:
        """Who the token belongs to."""
        return Response(UserSerializer(session_in(request).user).data)


class TicketView(APIView):
    @extend_schema(request=None, responses=TicketSerializer)
    def post(self, request: Request) -> Response:
        """Buy a ticket for one socket, single use, valid for 30 s."""
        session = session_in(request)
        expires_in = int(TICKET_LIFETIME.total_seconds())
        return Response({"ticket": buy_ticket(session), "expires_in": expires_in})


def session_in(request: Request) -> Session:
    """The session that BearerAuthentication found."""
    session: Any = request.auth
    assert isinstance(session, Session)
    return session


def valid(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    given: dict[str, Any] = serializer.validated_data
    return given


def pair(issued: tokens.Pair) -> Response:
    return Response(PairSerializer(issued).data)
