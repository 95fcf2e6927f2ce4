"""Who may read and who may change, where the two differ."""

from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import InScope, IsStaff, IsUser


class StaffChanges(IsStaff):
    """Everyone reads; staff change."""

    reading: type[InScope] = InScope

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method in SAFE_METHODS:
            return self.reading().has_permission(request, view)
        return super().has_permission(request, view)


class UsersReadStaffChanges(StaffChanges):
    reading = IsUser
