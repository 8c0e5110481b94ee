from django.apps import AppConfig


class ShiftsConfig(AppConfig):
    name = "chatdesk.shifts"
    label = "shifts"
