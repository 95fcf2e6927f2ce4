"""The forms of a user's page."""

from typing import Any

from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError

from accounts.admin.typed import DjangoNewUserForm, DjangoUserForm, RowForm
from accounts.models import User


class ErrorsAtFields(RowForm):
    """The constraints on names and addresses say by their code which field they mean."""

    def add_error(self, field: str | None, error: Any) -> None:
        if field is None and isinstance(error, ValidationError) and hasattr(error, "error_dict"):
            problems: list[ValidationError] = error.error_dict.pop(NON_FIELD_ERRORS, [])
            for problem in problems:
                super().add_error(problem.code if problem.code in self.fields else None, problem)
        super().add_error(field, error)


class NewUserForm(ErrorsAtFields, DjangoNewUserForm):
    class Meta(AdminUserCreationForm.Meta):
        model = User
        fields = ("username", "email")


class UserForm(ErrorsAtFields, DjangoUserForm):
    class Meta(UserChangeForm.Meta):
        model = User
