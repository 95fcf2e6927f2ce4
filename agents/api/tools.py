"""`/api/tools`: what agents can be given to work with."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from agents.api.agent_shapes import ToolSerializer
from agents.exceptions import ExtensionFailed, ToolNotFound
from agents.services.tools import describe_tool, describe_tools


@fails_with(ExtensionFailed)
class ToolsView(ListAPIView[Any]):
    """Every installed tool, with the JSON schema of its arguments as a model gets it."""

    serializer_class = ToolSerializer

    def get_queryset(self) -> Any:
        return describe_tools()


@fails_with(ToolNotFound, ExtensionFailed)
class ToolView(APIView):
    @extend_schema(responses={200: ToolSerializer})
    def get(self, request: Request, name: str) -> Response:
        """One tool."""
        return Response(ToolSerializer(describe_tool(name)).data)
