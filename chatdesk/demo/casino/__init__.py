"""A stand-in for the outside casino: another origin that embeds the widget and signs its players."""

from chatdesk.demo.casino.brands import DemoBrand
from chatdesk.demo.casino.server import CasinoServer

__all__ = ["CasinoServer", "DemoBrand"]
