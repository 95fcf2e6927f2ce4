"""`/api/agents/…`: which agents there are, making and changing them, and asking one."""

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
from agents.api.agent_shapes import AgentFilterSerializer, AgentSerializer
from agents.api.changes import AgentChange, AgentCreate, Signed, author, body_of, signed_changes
from agents.api.permissions import StaffChanges
from agents.api.serializers import AcceptedSerializer, ExecuteSerializer, RunStartSerializer
from agents.api.starting import IDEMPOTENCY_KEY, START_ERRORS, accepted, asked
from agents.exceptions import AgentNotFound, ExtensionFailed
from agents.models import Agent
from agents.services.agents import find_agent_to_read
from agents.services.details import create_agent, update_agent
from agents.services.requests import run_request
from agents.services.runs import start_run


class FoundAgentsView(ListAPIView[Agent]):
    """The agents that the caller may find; public ones without signing in."""

    permission_classes = (StaffChanges,)
    serializer_class = AgentSerializer

    def get_queryset(self) -> QuerySet[Agent]:
        wants_all = query(AgentFilterSerializer, self.request)["all"]
        agents = Agent.objects
        user = self.request.user
        found = agents.readable_by(user) if wants_all else agents.visible_to(user)
        related = found.with_current().prefetch_related("aliases", "groups")
        return related.order_by("name")

    @extend_schema(parameters=[AgentFilterSerializer])
    def get(self, request: Request) -> Response:
        return self.list(request)


class AgentsView(FoundAgentsView):
    @fails_with(ExtensionFailed)
    @extend_schema(request=AgentCreate, responses={201: AgentSerializer})
    def post(self, request: Request) -> Response:
        """Make an agent with its first configuration (staff)."""
        signature, values = signed_changes(Signed, request)
        agent = create_agent(values=values, reason=signature.reason, **author(request))
        return Response(AgentSerializer(agent, context={"request": request}).data, status=201)


@fails_with(AgentNotFound)
class AgentView(APIView):
    permission_classes = (StaffChanges,)

    @extend_schema(responses={200: AgentSerializer})
    def get(self, request: Request, name: str) -> Response:
        """One agent, by name or alias."""
        agent = find_agent_to_read(user=request.user, name=name)
        return Response(AgentSerializer(agent, context={"request": request}).data)

    @extend_schema(request=AgentChange, responses={200: AgentSerializer})
    def patch(self, request: Request, name: str) -> Response:
        """Change who may use the agent, its names and texts, whether it is the default (staff)."""
        agent = find_agent_to_read(user=request.user, name=name)
        agent = update_agent(agent=agent, changes=body_of(request), by=cast(User, request.user))
        return Response(AgentSerializer(agent, context={"request": request}).data)


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


@fails_with(*START_ERRORS)
class ExecuteView(APIView):
    @extend_schema(
        request=ExecuteSerializer,
        parameters=[IDEMPOTENCY_KEY],
        responses={202: AcceptedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Ask the agent of this name or alias; the same as `agents/{name}/runs`."""
        given = asked(ExecuteSerializer, request)
        wanted = run_request(
            agent=given.pop("type"),
            text=given.pop("message"),
            thread=given.pop("thread_id", None),
            **given,
        )
        return accepted(start_run(user=cast(User, request.user), request=wanted))
