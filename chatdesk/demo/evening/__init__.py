"""A busy evening: players and agents as outside clients of a running server, and a report that can fail."""

from chatdesk.demo.evening.cast import NotPrepared
from chatdesk.demo.evening.gate import NoServer
from chatdesk.demo.evening.plan import Options
from chatdesk.demo.evening.report import Report
from chatdesk.demo.evening.running import run

__all__ = ["NoServer", "NotPrepared", "Options", "Report", "run"]
