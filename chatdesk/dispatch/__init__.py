"""The one process that decides who gets the next chat, and keeps every deadline."""
