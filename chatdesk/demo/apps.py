from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "chatdesk.demo"
    label = "demo"
