"""What somebody hears whose answer by SMS was refused or came to nothing, with what they can send
instead."""

from sqlalchemy import Connection

from bot.domain import answers
from bot.domain.alert import Alert
from bot.domain.events import NotAllowed
from bot.domain.paging import waits_for_retry
from bot.engine.compose import person_of
from bot.engine.context import Engine
from storage import alerts, codes
from storage.codes import CodeFound


def why_not(c: Connection, engine: Engine, found: CodeFound, refusal: NotAllowed) -> str:
    """The reason. Of a report that has changed also the code that counts now: whom it was handed
    over from before was paged with no other one."""
    alert = alerts.load(c, found.alert_id, for_update=False)
    if refusal.reason != "superseded":
        return answers.refused(alert.ref, refusal.explain)
    person = person_of(c, found.person_id)
    code = codes.code_for(c, alert, person, engine.clock.now(), engine.random)
    return answers.superseded(alert.ref, code, engine.site.callback_number)


def passed(alert: Alert, code: str) -> str:
    """To who has passed it on with this code, as the alert is then: nobody may believe that it went
    to somebody where nobody can be reached."""
    if waits_for_retry(alert):
        return answers.nobody_else(alert.ref, code)
    return answers.passed(alert.ref)
