from django.urls import path

from agents import api, planning_api, rosters_api, views

urlpatterns = [
    path("", views.index, name="index"),
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.SignOut.as_view(), name="logout"),
    path("desk/", views.desk, name="desk"),
    path("wall/", views.wall, name="wall"),
    path("api/v1/staff/tickets", api.Tickets.as_view(), name="staff-tickets"),
    path("api/v1/staff/canned", api.Canned.as_view(), name="staff-canned"),
    path("api/v1/staff/routing", api.Routing.as_view(), name="staff-routing"),
    path("roster/", views.roster_page, name="roster"),
    path("api/v1/staff/roster-week", rosters_api.RosterWeek.as_view(), name="staff-roster-week"),
    path("api/v1/staff/coverage", planning_api.CoverageView.as_view(), name="staff-coverage"),
    path("api/v1/staff/fair-share", planning_api.FairShare.as_view(), name="staff-fair-share"),
    path("api/v1/staff/roster", api.Roster.as_view(), name="staff-roster"),
]
