"""Every HTTP path, app by app."""

from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerSplitView

from agents.api.traces import TracesView, elsewhere
from netra import discovery, health, rest
from netra.openapi.view import SchemaView

admin.autodiscover()

urlpatterns = [
    path("", include("realtime.urls")),
    path("admin/", admin.site.urls),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("favicon.ico", RedirectView.as_view(url=static("realtime/icon.svg"))),
    # The same at two addresses; the schema names one.
    re_path(r"^health/?$", health.HealthView.as_view(schema=None), name="health"),
    re_path(r"^api/health/?$", health.HealthView.as_view(), name="api-health"),
    re_path(r"^api/schema/?$", SchemaView.as_view(), name="schema"),
    re_path(
        r"^api/docs/?$",
        SpectacularSwaggerSplitView.as_view(template_name="netra/docs.html"),
        name="docs",
    ),
    re_path(
        r"^api/discovery/services/?$", discovery.ServicesView.as_view(), name="discovery-services"
    ),
    re_path(r"^v1/traces/?$", TracesView.as_view(), name="traces"),
    re_path(r"^v1/", elsewhere),
    path("api/auth/", include("accounts.api.urls")),
    path("api/", include("agents.api.urls")),
    re_path(r"^api/", rest.unknown_path),
]

handler400 = rest.bad_request
handler500 = rest.server_error
