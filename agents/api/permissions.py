"""Who may read and who may change, where the two differ."""

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.permissions import InScope, IsStaff, IsUser


class StaffChanges(BasePermission):
    """Everyone reads; staff change."""

    reading: type[BasePermission] = InScope

    def has_permission(self, request: Request, view: APIView) -> bool:
        rule = self.reading if request.method in SAFE_METHODS else IsStaff
        return rule().has_permission(request, view)


class UsersReadStaffChanges(StaffChanges):
    reading = IsUser
