"""`/api/agents/{name}/config`, `…/versions`, `…/rollback`: what an agent does, and did before."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from agents.api.agent_shapes import (
    AgentConfigSerializer,
    ChangedConfigSerializer,
    VersionSerializer,
)
from agents.api.changes import (
    ConfigChange,
    Rollback,
    Signature,
    author,
    body_of,
    checked,
    signed_changes,
)
from agents.api.permissions import UsersReadStaffChanges
from agents.exceptions import (
    AgentNotFound,
    ExtensionFailed,
    VersionConflict,
    VersionNotFound,
)
from agents.models import Agent, AgentVersion
from agents.services.agents import find_agent_to_read
from agents.services.configuration import (
    configure_agent,
    current_version,
    find_version,
    roll_back,
    warnings_for,
)


@fails_with(AgentNotFound, VersionNotFound)
class AgentConfigView(APIView):
    permission_classes = (UsersReadStaffChanges,)

    @extend_schema(responses={200: AgentConfigSerializer})
    def get(self, request: Request, name: str) -> Response:
        """The configuration that the agent's next run uses."""
        agent = find_agent_to_read(user=request.user, name=name)
        return Response(AgentConfigSerializer(current_version(agent)).data)

    @fails_with(VersionConflict, ExtensionFailed)
    @extend_schema(request=ConfigChange, responses={200: ChangedConfigSerializer})
    def patch(self, request: Request, name: str) -> Response:
        """Change fields of the configuration (staff). Runs that have begun keep theirs."""
        agent = find_agent_to_read(user=request.user, name=name)
        signature, changes = signed_changes(Signature, request)
        signed = {**signature.model_dump(), **author(request)}
        return _changed(configure_agent(agent=agent, changes=changes, **signed))


@fails_with(AgentNotFound, VersionNotFound)
class AgentRollbackView(APIView):
    permission_classes = (UsersReadStaffChanges,)

    @fails_with(VersionConflict, ExtensionFailed)
    @extend_schema(request=Rollback, responses={200: ChangedConfigSerializer})
    def post(self, request: Request, name: str) -> Response:
        """Go back to the content of an earlier version, as a new version (staff)."""
        agent = find_agent_to_read(user=request.user, name=name)
        wanted = checked(Rollback, body_of(request))
        signed = {**wanted.model_dump(exclude={"version"}), **author(request)}
        return _changed(roll_back(agent=agent, number=wanted.version, **signed))


@fails_with(AgentNotFound)
class AgentVersionsView(ListAPIView[AgentVersion]):
    """Every version of an agent's configuration, the newest first: who made it, when and why."""

    serializer_class = VersionSerializer

    def get_queryset(self) -> QuerySet[AgentVersion]:
        agent = find_agent_to_read(user=self.request.user, name=self.kwargs["name"])
        related = agent.versions.select_related("agent", "created_by")
        return related.defer(*AgentVersion.TEXTS)


@fails_with(AgentNotFound, VersionNotFound)
class AgentVersionView(APIView):
    @extend_schema(responses={200: AgentConfigSerializer})
    def get(self, request: Request, name: str, number: str) -> Response:
        """One version with its content."""
        agent = find_agent_to_read(user=request.user, name=name)
        return Response(AgentConfigSerializer(find_version(agent=agent, number=int(number))).data)


class AgentsConfigView(ListAPIView[AgentVersion]):
    """The configurations of all agents that the caller may find."""

    serializer_class = AgentConfigSerializer

    def get_queryset(self) -> QuerySet[AgentVersion]:
        found = Agent.objects.visible_to(self.request.user).values("current")
        versions = AgentVersion.objects.filter(pk__in=found).order_by("agent__name")
        return versions.select_related("agent", "created_by")


def _changed(version: AgentVersion) -> Response:
    config = AgentConfigSerializer(version).data
    return Response({**config, "warnings": warnings_for(version)})
