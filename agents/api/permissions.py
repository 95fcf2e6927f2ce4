"""Who may read and who may change, where the two differ."""

from typing import Any

from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAdminUser, IsAuthenticated
from rest_framework.request import Request


class StaffChanges(IsAdminUser):
    """Everyone reads; staff change."""

    reading: type[AllowAny] | type[IsAuthenticated] = AllowAny

    def has_permission(self, request: Request, view: Any) -> bool:
        if request.method in SAFE_METHODS:
            return self.reading().has_permission(request, view)
        return super().has_permission(request, view)


class UsersReadStaffChanges(StaffChanges):
    reading = IsAuthenticated
