from django.apps import AppConfig


class DispatchConfig(AppConfig):
    name = "chatdesk.dispatch"
    label = "dispatch"
