"""The pages of the tutorial play no part here."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
