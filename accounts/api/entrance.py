"""`/api/auth/…` for callers who have no token yet: every way to get one."""

from typing import Any

from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from accounts import attempts, log_ins, users
from accounts.api.cookies import refresh_in, with_cookie, without_cookie
from accounts.api.errors import fails_with
from accounts.api.openapi import BY_COOKIE, BY_COOKIE_OR_TOKEN
from accounts.api.serializers import (
    CredentialsSerializer,
    LinkSerializer,
    LoginSerializer,
    PairSerializer,
    RefreshSerializer,
    RegistrationSerializer,
    VerifiedSerializer,
    VerifySerializer,
)
from accounts.authentication import session_of_bearer
from accounts.exceptions import (
    AuthenticationFailed,
    Closed,
    InvalidInput,
    PermissionDenied,
    TooManyAttempts,
    Unavailable,
)
from accounts.links import check_mail_is_sent
from accounts.models import LogIn
from accounts.origin import origin_of
from accounts.tasks import send_link
from accounts.throttles import LogInThrottle, MailThrottle, MailToThrottle
from accounts.tokens import Pair


class OpenView(APIView):
    """A stale token in the header does not matter here."""

    authentication_classes = ()
    permission_classes = (AllowAny,)


@fails_with(AuthenticationFailed, TooManyAttempts)
class TokenView(OpenView):
    throttle_classes = (LogInThrottle,)

    @extend_schema(request=CredentialsSerializer, responses=PairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Log in with a name or an e-mail address and a password."""
        given = valid(CredentialsSerializer, request)
        user = attempts.log_in(request, login=given["login"], password=given["password"])
        issued = log_ins.begin(user, LogIn.Means.PASSWORD, origin_of(request))
        return pair(issued, request, in_cookie=given["cookie"])


@fails_with(AuthenticationFailed)
class LinkView(OpenView):
    throttle_classes = (LogInThrottle,)

    @extend_schema(request=LinkSerializer, responses=PairSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Log in with the secret of a one-time link."""
        given = valid(LinkSerializer, request)
        issued = log_ins.begin_with_link(given["secret"], origin_of(request))
        return pair(issued, request, in_cookie=given["cookie"])


@fails_with(Closed)
class RegisterView(OpenView):
    throttle_classes = (LogInThrottle,)

    @extend_schema(request=RegistrationSerializer, responses={201: PairSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        """Make an account, where the server is open to everyone."""
        given = valid(RegistrationSerializer, request)
        in_cookie = given.pop("cookie")
        user = users.register(**given)
        issued = log_ins.begin(user, LogIn.Means.REGISTRATION, origin_of(request))
        return pair(issued, request, in_cookie=in_cookie, status=status.HTTP_201_CREATED)


@fails_with(AuthenticationFailed)
class RefreshView(OpenView):
    @extend_schema(request=RefreshSerializer, responses=PairSerializer, auth=BY_COOKIE)
    def post(self, request: Request) -> Response:
        """
        Trade a refresh token for the next pair.

        A token is good once. Within 30 s of its use it gives the same successor again; used later,
        it ends its log-in.
        """
        given = valid(RefreshSerializer, request).get("refresh")
        raw = given or refresh_in(request)
        if not raw:
            raise InvalidInput("Give `refresh`; there is no cookie that holds one.")
        return pair(log_ins.renew(raw), request, in_cookie=given is None)


@fails_with(AuthenticationFailed, PermissionDenied)
class LogoutView(OpenView):
    @extend_schema(
        request=RefreshSerializer,
        responses={204: None},
        auth=BY_COOKIE_OR_TOKEN,
    )
    def post(self, request: Request) -> Response:
        """
        End one log-in: of the refresh token, else of the cookie, else of the access token.

        Its tokens are refused from now on, and its sockets are closed. Again changes nothing.
        """
        raw = valid(RefreshSerializer, request).get("refresh") or refresh_in(request)
        log_ins.end(log_ins.family_of(raw) if raw else family_of_bearer(request))
        return without_cookie(Response(status=status.HTTP_204_NO_CONTENT))


@fails_with(AuthenticationFailed)
class VerifyView(OpenView):
    @extend_schema(request=VerifySerializer, responses=VerifiedSerializer, auth=[])
    def post(self, request: Request) -> Response:
        """Whose access token or API key it is, and how long it is good. 401: it is not."""
        session = session_of_bearer(valid(VerifySerializer, request)["token"])
        found = {
            "user_id": session.user.pk,
            "expires_at": session.expires_at,
            "scopes": sorted(session.scopes),
        }
        return Response(VerifiedSerializer(found).data)


@fails_with(Closed)
class ResetView(OpenView):
    throttle_classes = (MailThrottle, MailToThrottle)

    @extend_schema(request=LoginSerializer, responses={202: None}, auth=[])
    def post(self, request: Request) -> Response:
        """
        Mail a link that logs in once and lets its user set a new password.

        The answer is the same for names and addresses that nobody has.
        """
        check_mail_is_sent()
        login = valid(LoginSerializer, request)["login"]
        try:
            send_link.apply_async((login,), retry=False)
        except (OperationalError, OSError) as error:
            raise Unavailable("The mail cannot be sent at the moment. Try again.") from error
        return Response(status=status.HTTP_202_ACCEPTED)


def valid(kind: type[Serializer[Any]], request: Request) -> dict[str, Any]:
    serializer = kind(data=request.data)
    serializer.is_valid(raise_exception=True)
    given: dict[str, Any] = serializer.validated_data
    return given


def pair(issued: Pair, request: Request, *, in_cookie: bool, status: int = 200) -> Response:
    """The answer that carries a pair; with `in_cookie` no script sees its refresh token."""
    if in_cookie:
        return with_cookie(Response({"access": issued.access}, status=status), request, issued)
    return Response({"access": issued.access, "refresh": issued.refresh}, status=status)


def family_of_bearer(request: Request) -> str:
    scheme, _, credential = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise AuthenticationFailed("Give the refresh token of the log-in that shall end.")
    session = session_of_bearer(credential.strip())
    if session.log_in is None:
        raise PermissionDenied("An API key is revoked, not logged out: DELETE auth/keys/ID.")
    return session.family
