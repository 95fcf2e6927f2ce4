"""The chat page."""

from django.urls import path

from realtime import views

urlpatterns = [path("", views.chat, name="chat")]
