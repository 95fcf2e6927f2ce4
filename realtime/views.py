"""Serves the chat page; everything on it comes over REST and the socket."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def chat(request: HttpRequest) -> HttpResponse:
    return render(request, "realtime/chat.html")
