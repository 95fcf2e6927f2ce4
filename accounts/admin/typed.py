"""Django's classes with the type arguments that they take from a type checker only."""

from typing import TYPE_CHECKING, Any, TypeAlias

from django.contrib.admin import ModelAdmin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.paginator import Paginator
from django.forms import ModelForm

if TYPE_CHECKING:
    Page: TypeAlias = ModelAdmin[Any]
    DjangoUserPage: TypeAlias = UserAdmin[Any]
    DjangoGroupPage: TypeAlias = GroupAdmin
    RowForm: TypeAlias = ModelForm[Any]
    DjangoNewUserForm: TypeAlias = AdminUserCreationForm[Any]
    DjangoUserForm: TypeAlias = UserChangeForm[Any]
    Pages: TypeAlias = Paginator[Any]
else:
    Page, DjangoUserPage, DjangoGroupPage = ModelAdmin, UserAdmin, GroupAdmin
    RowForm, DjangoNewUserForm, DjangoUserForm = ModelForm, AdminUserCreationForm, UserChangeForm
    Pages = Paginator
