"""`/api/schema/`: made once, and by one request at a time."""

import functools
import threading
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView
from rest_framework.request import Request
from rest_framework.response import Response

# drf-spectacular loads its extensions while it makes the first schema: of two requests at once, one
# met the other's half-loaded ones and failed.
_turn = threading.Lock()


@functools.cache
def _schema() -> dict[str, Any]:
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return made


class SchemaView(SpectacularAPIView):
    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        with _turn:
            schema = _schema()
        name = self._get_filename(request, None)
        return Response(schema, headers={"Content-Disposition": f'inline; filename="{name}"'})
