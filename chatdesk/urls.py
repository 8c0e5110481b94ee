from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView

from chatdesk import health, refusals

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/schema/", SpectacularJSONAPIView.as_view(), name="schema"),
    path("", include("players.urls")),
    path("", include("agents.urls")),
    re_path(r"^api/", refusals.nothing_here),
    # One way in, with one limit on tries.
    path("admin/login/", RedirectView.as_view(url="/login/?next=/admin/"), name="admin-login"),
    path("admin/", admin.site.urls),
]
