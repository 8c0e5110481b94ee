"""What a player can say his question is about. The ids are wire strings; the list is closed."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy as _

# "Stop gambling" stands where it is seen without scrolling on the smallest screen.
TOPICS: Final = (
    ("withdrawal", _("Withdrawal")),
    ("deposit", _("Deposit")),
    ("stop_gambling", _("I want to stop gambling")),
    ("bonus", _("Bonus")),
    ("verification", _("Verification of my account")),
    ("login", _("Signing in")),
    ("technical", _("Technical problem")),
    ("account", _("My account")),
    ("complaint", _("Complaint")),
    ("other", _("Something else")),
)
