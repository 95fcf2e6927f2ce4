"""`/api/agents/status`: can they be asked now?"""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import InScope
from agents.api.agent_shapes import AgentStatusSerializer
from agents.models import Agent
from agents.services.availability import availability_of, workers_alive


@extend_schema_serializer(many=False)
class AgentStatusesSerializer(serializers.Serializer[Any]):
    workers = serializers.IntegerField(help_text="worker processes that are alive")
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = AgentStatusSerializer(many=True)


class AgentsStatusView(ListAPIView[Agent]):
    permission_classes = (InScope,)
    serializer_class = AgentStatusSerializer

    def get_queryset(self) -> QuerySet[Agent]:
        return Agent.objects.visible_to(self.request.user).with_current()

    @extend_schema(
        responses={200: AgentStatusesSerializer},
    )
    def get(self, request: Request) -> Response:
        """Of each agent that the caller may find: whether a worker is alive that can run it."""
        page = self.paginate_queryset(self.get_queryset()) or []
        found = availability_of(page, user=request.user)
        answer = self.get_paginated_response([one.summary() for one in found])
        return Response({"workers": workers_alive(), **answer.data})
