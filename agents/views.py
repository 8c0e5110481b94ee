"""Pages of staff: sign in and out, the desk, the wall. The work itself goes over their socket."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from agents.models import Agent
from chatdesk import rates, texts


class SignIn(LoginView):
    """Signing in. Each try takes one of the address's tries of this minute, and only a success gives
    it back: tries that come at once cannot slip through together."""

    template_name = "agents/login.html"
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        address = rates.address(request)
        count, left = rates.add("login", address)
        if count > rates.limit("logins_per_minute"):
            return self._too_many(left)
        response = super().post(request, *args, **kwargs)
        if response.status_code == 302:
            rates.add("login", address, -1)
        return response

    def _too_many(self, left_s: int) -> HttpResponse:
        form = _PausedForm(self.request, data=self.request.POST)
        response = self.render_to_response(self.get_context_data(form=form), status=429)
        response.headers["Retry-After"] = str(left_s)
        return response


class _PausedForm(AuthenticationForm):
    """The form while an address has to wait: neither the user nor the password is looked at."""

    def clean(self) -> dict[str, Any]:
        raise ValidationError(_("Too many attempts. Try again in a minute."))


class SignOut(LogoutView):
    next_page = settings.LOGIN_URL
    http_method_names = ["post", "options"]


def _page(request: HttpRequest, name: str, **more: Any) -> dict[str, Any]:
    lang = get_language() or settings.LANGUAGE_CODE
    return {
        "page": {
            "lang": lang,
            "ws": "/ws/staff",
            "ticket_url": "/api/v1/staff/tickets",
            "canned_url": "/api/v1/staff/canned",
            "roster_url": "/api/v1/staff/roster",
            "logout_url": "/logout/",
            "csrf": get_token(request),
            "languages": [code for code, _name in settings.LANGUAGES],
            **more,
        },
        "texts": texts.catalogue(lang, name),
    }


def _supervises(request: HttpRequest) -> bool:
    return isinstance(request.user, Agent) and request.user.role != Agent.Role.AGENT


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    return redirect("desk")


@require_safe
@login_required
def desk(request: HttpRequest) -> HttpResponse:
    wall_url = "/wall/" if _supervises(request) else None
    return render(request, "agents/desk.html", _page(request, "desk", wall_url=wall_url))


@require_safe
@login_required
def wall(request: HttpRequest) -> HttpResponse:
    if not _supervises(request):
        raise PermissionDenied
    urls = {
        "routing_url": "/api/v1/staff/routing",
        "fair_share_url": "/api/v1/staff/fair-share",
    }
    page = _page(request, "wall", wall_url="/wall/", desk_url="/desk/", **urls)
    return render(request, "agents/wall.html", page)


@require_safe
@login_required
def roster_page(request: HttpRequest) -> HttpResponse:
    """Its scripts stand beside the wall's and share its words."""
    if not _supervises(request):
        raise PermissionDenied
    urls = {"coverage_url": "/api/v1/staff/coverage", "week_url": "/api/v1/staff/roster-week"}
    return render(request, "agents/roster.html", _page(request, "wall", desk_url="/desk/", **urls))
