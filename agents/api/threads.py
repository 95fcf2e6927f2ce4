"""`/api/threads/…`: conversations, what was said in them, and saying more."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.api.query import query
from accounts.models import User
from agents.api.serializers import (
    AcceptedSerializer,
    MessageSerializer,
    MessageStartSerializer,
    ThreadChangeSerializer,
    ThreadFilterSerializer,
    ThreadSerializer,
)
from agents.api.starting import IDEMPOTENCY_KEY, START_ERRORS, accepted, asked
from agents.exceptions import ThreadBusy, ThreadNotFound
from agents.models import Message, Thread
from agents.services.requests import run_request
from agents.services.runs import start_run
from agents.services.threads import delete_thread, find_thread, open_thread, rename_thread


class ThreadsView(ListAPIView[Thread]):
    """The caller's threads, the one used last first."""

    serializer_class = ThreadSerializer

    @extend_schema(parameters=[ThreadFilterSerializer])
    def get(self, request: Request) -> Response:
        return self.list(request)

    def get_queryset(self) -> QuerySet[Thread]:
        threads = Thread.objects.visible_to(cast(User, self.request.user)).select_related("agent")
        words = query(ThreadFilterSerializer, self.request).get("q")
        return threads.filter(title__icontains=words) if words else threads

    @extend_schema(request=ThreadSerializer, responses={201: ThreadSerializer})
    def post(self, request: Request) -> Response:
        """Open a thread; one with this id is kept, and takes the title if there is one."""
        given = ThreadSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        user = cast(User, request.user)
        thread = open_thread(user=user, key=given.validated_data.get("key"))
        if title := given.validated_data.get("title"):
            thread = rename_thread(thread, title)
        return Response(ThreadSerializer(thread).data, status=201)


@fails_with(ThreadNotFound)
class ThreadView(APIView):
    @extend_schema(responses=ThreadSerializer)
    def get(self, request: Request, key: str) -> Response:
        """One thread."""
        return Response(ThreadSerializer(find_thread(user=cast(User, request.user), key=key)).data)

    @extend_schema(request=ThreadChangeSerializer, responses={200: ThreadSerializer})
    def patch(self, request: Request, key: str) -> Response:
        """Rename."""
        thread = find_thread(user=cast(User, request.user), key=key)
        given = ThreadChangeSerializer(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        if "title" in given.validated_data:
            thread = rename_thread(thread, given.validated_data["title"])
        return Response(ThreadSerializer(thread).data)

    @extend_schema(responses={204: None})
    @fails_with(ThreadBusy)
    def delete(self, request: Request, key: str) -> Response:
        """Delete with all its runs; refused while one of them is live."""
        delete_thread(find_thread(user=cast(User, request.user), key=key))
        return Response(status=204)


@fails_with(ThreadNotFound)
class ThreadMessagesView(ListAPIView[Message]):
    """What was said in a thread, oldest first."""

    serializer_class = MessageSerializer

    def get_queryset(self) -> QuerySet[Message]:
        thread = find_thread(user=cast(User, self.request.user), key=self.kwargs["key"])
        return thread.messages.all()

    @extend_schema(
        request=MessageStartSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: AcceptedSerializer},
    )
    @fails_with(*START_ERRORS)
    def post(self, request: Request, key: str) -> Response:
        """Say something: starts a run of the thread's agent."""
        user = cast(User, request.user)
        thread = find_thread(user=user, key=key)
        given = asked(MessageStartSerializer, request)
        wanted = run_request(text=given.pop("content"), thread=thread.key, **given)
        return accepted(start_run(user=user, request=wanted))
