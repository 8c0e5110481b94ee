from django.urls import path

from players import api, views

urlpatterns = [
    path("w.js", views.loader, name="loader"),
    path("widget/<slug:slug>/", views.widget, name="widget"),
    path("api/v1/player/sessions", api.Sessions.as_view(), name="player-sessions"),
    path(
        "api/v1/player/sessions/current",
        api.CurrentSession.as_view(),
        name="player-session-current",
    ),
]
