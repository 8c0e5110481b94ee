"""What the tutorial lacks: its messages, kept."""

from django.db import models


class Message(models.Model):
    room = models.CharField(max_length=100)
    body = models.TextField()
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["room", "id"], name="message_of_room")]

    def __str__(self) -> str:
        return self.body
