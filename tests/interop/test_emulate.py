"""The whole loop, with Slack and Twilio as others emulate them.

What emulate cannot do, and is done for it here: it has no Socket Mode (`apps.connections.open` is
not found there: the bot pages on both channels and hears clicks over HTTP alone), sends no
interactions, and runs no TwiML, so that what answers a webhook reaches no phone. An SMS stays
queued until the carrier is asked to deliver it, and member IDs are made up anew at each start.
"""

import json
import re
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from slack_sdk.signature import SignatureVerifier
from twilio.request_validator import RequestValidator

from bot.domain import answers
from bot.phone.webhooks import SMS_PATH
from bot.sandbox.stories import CODE
from bot.slack import blocks, modals
from bot.slack.requests import PATH
from tests.interop.emulators import ACCOUNT, AUTH_TOKEN, OUR_NUMBER, SIGNING_SECRET, Json
from tests.interop.served import ADA, Site, buttons, serving, web
from tests.waiting import until

pytestmark = pytest.mark.timeout(400)  # the first one installs


def paged(site: Site) -> tuple[Json, str]:
    """Ada's message in Slack, and the code of her SMS."""
    site.report()
    message, sms = site.message("Critical"), site.sms()
    assert set(buttons(message)) == {blocks.ACKNOWLEDGE, blocks.DECLINE}
    assert sms["from"] == OUR_NUMBER
    code = CODE.search(sms["body"])
    assert code
    return message, code[1]


def acknowledged_in_slack(site: Site, message: Json) -> Json:
    """The message that she had, rewritten."""
    after = site.message("Acknowledged")
    assert after["ts"] == message["ts"]
    assert blocks.ACKNOWLEDGE not in buttons(after)
    return after


# ---- by SMS ---------------------------------------------------------------------------------


def test_a_signed_sms_acknowledges_and_the_message_in_slack_says_so(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        message, code = paged(site)
        site.there.deliver(site.sms()["sid"])
        assert site.delivered() == ["sms"]
        site.there.text(ADA["mobile"], f"ack {code}")
        acknowledged_in_slack(site, message)
        alert = site.alert()
        assert alert.state == "acknowledged"
        came = site.there.callbacks()
        assert set(came) == {
            ("message.queued", "204"),
            ("message.delivered", "204"),
            ("message.inbound", "200"),
        }
        # Signed here as Twilio would, to see the answer.
        status, twiml = signed_sms(site, f"UNDO {code}")
        assert (status, answers.undone(alert.ref) in twiml) == (200, True)
        again = site.message(blocks.ACKNOWLEDGE)
        assert again["ts"] == message["ts"]
        status, twiml = signed_sms(site, f"ACK {code}")
        assert (status, answers.acknowledged(alert.ref, code) in twiml) == (200, True)
        acknowledged_in_slack(site, message)
        assert signed_sms(site, f"UNDO {code}", token="another")[0] == 403
        assert site.alert().state == "acknowledged"


def signed_sms(site: Site, text: str, token: str = AUTH_TOKEN) -> tuple[int, str]:
    """Ada writes; what the bot answers."""
    form = {
        "AccountSid": ACCOUNT,
        "MessageSid": f"SM{time.monotonic_ns():032x}",
        "From": ADA["mobile"],
        "To": OUR_NUMBER,
        "Body": text,
    }
    validator = RequestValidator(token)  # type: ignore[no-untyped-call]  # untyped in the SDK
    signature = validator.compute_signature(web(site.ports, SMS_PATH), form)  # type: ignore[no-untyped-call]  # as above
    return site.post(SMS_PATH, urlencode(form), {"X-Twilio-Signature": signature})


def test_without_an_address_of_ours_replies_are_fetched_and_answered(tmp_path: Path) -> None:
    only_out = {"READBACK_WEB__PUBLIC_URL": "", "READBACK_TWILIO__POLL_SECONDS": "0.2"}
    with serving(tmp_path, only_out, inbound=False) as site:
        message, code = paged(site)
        site.there.deliver(site.sms()["sid"])
        until(site.delivered, "the receipt")
        site.there.text(ADA["mobile"], f"ACK {code}")
        acknowledged_in_slack(site, message)
        assert site.sms(count=2)["body"] == answers.acknowledged(site.alert().ref, code)
        assert not site.there.callbacks()


# ---- by Slack's requests --------------------------------------------------------------------


def test_a_signed_click_opens_a_modal_that_acknowledges(tmp_path: Path) -> None:
    over_http = {"READBACK_SLACK__MODE": "http", "SLACK_APP_TOKEN": ""}
    with serving(tmp_path, over_http) as site:
        message, _ = paged(site)
        assert interaction(site, click(site, message), secret="another")[0] == 401
        assert interaction(site, click(site, message)) == (200, "")
        until(lambda: re.search("9 mm midline shift", site.there.modals()), "the modal")
        status, answer = interaction(site, submission(site, message, words=""))
        assert (status, json.loads(answer)["response_action"]) == (200, "errors")
        assert interaction(site, submission(site, message, words="Left subdural")) == (200, "")
        acknowledged_in_slack(site, message)
        assert site.alert().state == "acknowledged"


def click(site: Site, message: Json) -> Json:
    """As Slack tells of it; the trigger is emulate's own."""
    button = {"type": "button", "action_id": blocks.ACKNOWLEDGE, "block_id": "b"}
    value = buttons(message)[blocks.ACKNOWLEDGE]
    return {
        **by_ada(site, "block_actions"),
        "message": message,
        "actions": [{**button, "value": value, "action_ts": "1.000001"}],
        "response_url": "http://127.0.0.1:9/nobody-is-told-anything",
    }


def submission(site: Site, message: Json, *, words: str) -> Json:
    """Of the modal that the click opens. What came with it emulate keeps to itself."""
    alert_id = buttons(message)[blocks.ACKNOWLEDGE]
    entered = {"type": "plain_text_input", "value": words or None}
    ticked: dict[str, Any] = {"type": "checkboxes", "selected_options": []}
    values = {
        modals.WORDS: {modals.WORDS: entered},
        modals.CONFIRM: {modals.CONFIRM: ticked},
    }
    view = {
        "type": "modal",
        "callback_id": modals.ACKNOWLEDGE,
        "private_metadata": modals.Shown(alert_id, 1).packed(),
        "state": {"values": values},
    }
    return {**by_ada(site, "view_submission"), "view": view}


def by_ada(site: Site, kind: str) -> Json:
    team = {"id": str(site.there.slack.auth_test()["team_id"])}
    user = {"id": site.ada, "team_id": team["id"]}
    trigger = site.there.trigger(site.ada)
    return {"type": kind, "team": team, "user": user, "trigger_id": trigger}


def interaction(site: Site, payload: Json, secret: str = SIGNING_SECRET) -> tuple[int, str]:
    """Sign it as Slack does, and post it."""
    body, at = urlencode({"payload": json.dumps(payload)}), str(int(time.time()))
    signature = SignatureVerifier(secret).generate_signature(timestamp=at, body=body)
    signed = {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": str(signature)}
    return site.post(PATH, body, signed)
