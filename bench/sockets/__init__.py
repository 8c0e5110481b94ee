"""Sockets at rest and on their way: memory, CPU at rest, connects a second, the storm after a death."""
