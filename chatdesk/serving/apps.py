from django.apps import AppConfig


class ServingConfig(AppConfig):
    name = "chatdesk.serving"
    label = "serving"
