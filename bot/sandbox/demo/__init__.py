"""The demo: one page that shows the reports, the Slack and phones of everybody, and the alert."""

from bot.sandbox.demo.reports import Deliver
from bot.sandbox.demo.run import Demo, run

__all__ = ["Deliver", "Demo", "run"]
