"""Everybody's Slack and phone, with each message at the time that the bot's clock showed."""

from __future__ import annotations

from datetime import datetime

from bot.sandbox.demo.bot_time import BotTime
from bot.sandbox.journal import Json


def screens(snapshot: Json, bot_time: BotTime) -> Json:
    """World.snapshot() for the page, which shows one time everywhere."""
    return {
        "slack": [_slack_user(user, bot_time) for user in snapshot["users"]],
        "phones": [_phone(phone, bot_time) for phone in snapshot["phones"]],
        "links": {
            "slack": snapshot["slack"]["connections"],
            "slack_down": snapshot["slack"]["down"],
            "twilio_down": snapshot["twilio"]["down"],
        },
    }


def _slack_user(user: Json, bot_time: BotTime) -> Json:
    return {
        "id": user["id"],
        "name": user["name"],
        "tz": user["tz"],
        "messages": [
            {**message, "at": bot_time.shown(float(message["ts"])).isoformat()}
            for message in user["messages"]
        ],
        "modals": user["modals"],
    }


def _phone(phone: Json, bot_time: BotTime) -> Json:
    return {
        **phone,
        "messages": [_timed(sms, bot_time) for sms in phone["messages"]],
        "calls": [_timed(call, bot_time) for call in phone["calls"]],
    }


def _timed(event: Json, bot_time: BotTime) -> Json:
    at = bot_time.shown(datetime.fromisoformat(event["at"]).timestamp())
    return {**event, "at": at.isoformat()}
