"""`/api/agents/…`: which agents there are, what they are made of, and asking one."""

from typing import cast

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.models import User
from agents.api.serializers import (
    AcceptedSerializer,
    AgentConfigSerializer,
    AgentSerializer,
    RunStartSerializer,
)
from agents.api.starting import IDEMPOTENCY_KEY, START_ERRORS, accepted, asked
from agents.exceptions import AgentNotFound
from agents.models import Agent
from agents.services.agents import find_agent
from agents.services.requests import run_request
from agents.services.runs import start_run


class AgentsView(ListAPIView[Agent]):
    """The agents that the caller may find; public ones without signing in."""

    permission_classes = (AllowAny,)
    serializer_class = AgentSerializer

    def get_queryset(self) -> QuerySet[Agent]:
        found = Agent.objects.visible_to(self.request.user).exclude(current=None)
        return found.select_related("current").prefetch_related("aliases").order_by("name")


@fails_with(AgentNotFound)
class AgentView(APIView):
    permission_classes = (AllowAny,)

    @extend_schema(responses={200: AgentSerializer})
    def get(self, request: Request, name: str) -> Response:
        """One agent, by name or alias."""
        return Response(AgentSerializer(find_agent(user=request.user, name=name)).data)


@fails_with(AgentNotFound)
class AgentConfigView(APIView):
    @extend_schema(responses={200: AgentConfigSerializer})
    def get(self, request: Request, name: str) -> Response:
        """The configuration that the agent's next run uses."""
        agent = find_agent(user=request.user, name=name)
        return Response(AgentConfigSerializer(agent.current).data)


@fails_with(*START_ERRORS)
class AgentRunsView(APIView):
    @extend_schema(
        request=RunStartSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: AcceptedSerializer},
    )
    def post(self, request: Request, name: str) -> Response:
        """Ask this agent; follow the run over the socket or at `runs/{id}/events`."""
        given = asked(RunStartSerializer, request)
        wanted = run_request(
            agent=name, text=given.pop("input"), thread=given.pop("thread_id", None), **given
        )
        return accepted(start_run(user=cast(User, request.user), request=wanted))
