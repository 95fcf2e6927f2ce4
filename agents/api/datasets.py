"""`/api/datasets/…`: upload, list, look at and delete usage logs."""

from pathlib import Path
from typing import Any, cast

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import re_path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api.errors import fails_with
from accounts.models import User
from accounts.scopes import Scope
from agents.api.dataset_shapes import (
    DatasetDetailSerializer,
    DatasetSerializer,
    PreviewSerializer,
    UploadSerializer,
)
from agents.api.uploads import LimitedUpload, UploadParser
from agents.exceptions import DatasetNotFound, UnreadableFile
from agents.models import Dataset
from agents.services import datasets

ID_PARAMETER = OpenApiParameter("dataset_id", OpenApiTypes.UUID, OpenApiParameter.PATH)


class DatasetsView(ListAPIView[Dataset]):
    """Your data sets, newest first, and shared ones."""

    scope = Scope.DATA
    serializer_class = DatasetSerializer
    parser_classes = (UploadParser,)

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        request.upload_handlers = [LimitedUpload(request)]
        return super().initialize_request(request, *args, **kwargs)

    def get_queryset(self) -> QuerySet[Dataset]:
        return Dataset.objects.visible_to(user_of(self.request)).defer("profile")

    @extend_schema(
        request={"multipart/form-data": UploadSerializer},
        responses={201: DatasetDetailSerializer},
    )
    @fails_with(UnreadableFile)
    def post(self, request: Request) -> Response:
        """Upload a usage log. A file that cannot be read is refused with what to correct."""
        serializer = UploadSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        given = serializer.validated_data
        file: TemporaryUploadedFile = given["file"]
        made = datasets.create_dataset(
            user=user_of(request),
            file=Path(file.temporary_file_path()),
            name=given.get("name") or Path(file.name or "").stem,
            mapping=given.get("mapping"),
        )
        return Response(DatasetDetailSerializer(made).data, status=status.HTTP_201_CREATED)


@fails_with(DatasetNotFound)
@extend_schema(parameters=[ID_PARAMETER])
class DatasetView(APIView):
    scope = Scope.DATA

    @extend_schema(responses=DatasetDetailSerializer)
    def get(self, request: Request, dataset_id: str) -> Response:
        """A data set with its profile: columns, period, what is missing, assumptions."""
        row = datasets.find_dataset(user=user_of(request), dataset_id=dataset_id)
        return Response(DatasetDetailSerializer(row).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, dataset_id: str) -> Response:
        """Delete one of your data sets and its files. Shared ones stay."""
        datasets.delete_dataset(user=user_of(request), dataset_id=dataset_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


@fails_with(DatasetNotFound)
@extend_schema(parameters=[ID_PARAMETER])
class PreviewView(APIView):
    @extend_schema(operation_id="datasets_preview", responses=PreviewSerializer)
    def get(self, request: Request, dataset_id: str) -> Response:
        """The first 20 rows, as they were read."""
        rows = datasets.preview(user=user_of(request), dataset_id=dataset_id)
        return Response({"rows": rows})


def user_of(request: Request) -> User:
    """The caller, whom the permission class has let through."""
    return cast(User, request.user)


ID = r"(?P<dataset_id>[^/]+)"

urlpatterns = [
    re_path(r"^datasets/?$", DatasetsView.as_view(), name="datasets"),
    re_path(rf"^datasets/{ID}/?$", DatasetView.as_view(), name="dataset"),
    re_path(rf"^datasets/{ID}/preview/?$", PreviewView.as_view(), name="dataset-preview"),
]
