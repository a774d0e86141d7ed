"""`readback check`: try everything that can be tried without sending anything."""

import asyncio
from collections.abc import Iterator
from typing import TYPE_CHECKING

import typer
from rich.markup import escape

from bot.cli.opening import ConfigFile, LeftOut, Without, settings_from, trouble_told
from bot.cli.shown import FOUND_PROBLEMS, SLACK_PLAN, AsJson, err, out, print_json

if TYPE_CHECKING:
    from bot.cli.findings import Finding
    from bot.domain.coverage import Person
    from bot.settings import Settings

# Slack lets an app look up about so many in a minute (users.info is in its tier 4).
MOST_LOOKED_UP = 100
_SIGNS = {"ok": "[green]✓[/]", "advice": "[yellow]![/]", "failed": "[bold red]✗[/]"}


def check(without: LeftOut = None, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Try settings, policy, database, people, ports, folders, FHIR, Slack, Twilio; send nothing."""
    settings = settings_from(config)
    found = []
    with err.status("Trying"), trouble_told():
        for finding in _findings(settings, frozenset(without or [])):
            found.append(finding)
            if not as_json:
                _show(finding)
    failed = any(finding.weight == "failed" for finding in found)
    if as_json:
        told = [
            {"part": f.part, "result": f.weight.value, "what": f.what, "cure": f.cure or None}
            for f in found
        ]
        print_json({"ok": not failed, "findings": told})
    if failed:
        raise typer.Exit(FOUND_PROBLEMS)


def _show(finding: "Finding") -> None:
    sign = _SIGNS[finding.weight.value]
    out.print(f"{sign} [bold]{finding.part:<9}[/] {escape(finding.what)}", soft_wrap=True)
    if finding.cure:
        out.print(f"            → {escape(finding.cure)}", soft_wrap=True, style="dim")


def _findings(settings: "Settings", without: frozenset[Without]) -> Iterator["Finding"]:
    from bot.cli import findings
    from bot.cli.opening import clock_for
    from bot.cli.proving import proving
    from bot.cli.ringing import ringing

    yield findings.Finding("settings", findings.Weight.OK, f"{settings.site.name}: read")
    yield from _mode(settings)
    yield findings.policy(settings)
    database, directory = findings.database(settings)
    yield database
    yield findings.retention(settings)
    if directory:
        yield from findings.people(*directory, {left.channel for left in without})
        if Without.TWILIO not in without:
            yield from ringing(settings, directory[0])
        left_out = {left.channel for left in without}
        if Without.TWILIO in without:
            left_out.add("voice")
        yield from proving(settings, directory[0], left_out, clock_for(settings).now())
    yield from findings.ports(settings)
    yield from findings.hl7(settings, clock_for(settings).now())
    yield from findings.processing_ids(settings)
    yield from findings.folders(settings)
    yield from _fhir(settings)
    if Without.SLACK not in without:
        yield from _slack(settings, directory[0] if directory else [])
    if Without.TWILIO not in without:
        yield from _twilio(settings)


def _mode(settings: "Settings") -> Iterator["Finding"]:
    """Shadow mode is what a site wants, until its end: then nobody is paged by mistake."""
    from bot.cli.findings import Finding, Weight
    from bot.cli.opening import clock_for

    mode, now = settings.shadow, clock_for(settings).now()
    if mode is None:
        return
    for problem in settings.far_end(now):
        yield Finding("mode", Weight.FAILED, f"{problem.where} {problem.what}", problem.cure)
    weight = Weight.FAILED if mode.is_over(now) else Weight.ADVICE
    yield Finding("mode", weight, mode.standing(now), 'To page people: mode = "live" in [site].')


def _fhir(settings: "Settings") -> Iterator["Finding"]:
    """Each server is asked for one report, and what that refers to."""
    from bot.app.feeds import trial
    from bot.cli.findings import Finding, Weight
    from bot.cli.opening import clock_for
    from bot.sources.fhir.keys import BadKey

    for server in settings.fhir:
        try:
            tried = asyncio.run(trial(server, clock_for(settings).now))
        except BadKey as bad:
            yield Finding("fhir", Weight.FAILED, str(bad), "Name the file that holds the key.")
            continue
        if tried.reason:
            told = f"{server.name} lets us not search: {tried.reason}"
            yield Finding("fhir", Weight.FAILED, told, _cure(tried.reason, server.name))
        elif not tried.found:
            told = f"{server.name} answers a search, and has no report that fits its query"
            cure = "See how it codes the category of imaging reports, and set query so."
            yield Finding("fhir", Weight.ADVICE, told, cure)
        else:
            yield Finding("fhir", Weight.OK, f"{server.name} answers a search for reports")
        if tried.warns:
            told = f"{server.name} answers the search with a warning"
            cure = (
                "It may leave out a part of query that it does not know: look at an answer there."
            )
            yield Finding("fhir", Weight.ADVICE, told, cure)
        if tried.forbidden:
            told = f"{server.name} lets us not read {', '.join(tried.forbidden)}"
            cure = "Have this client admitted there: who ordered, or the text, may stand in it."
            yield Finding("fhir", Weight.ADVICE, told, cure)
        if tried.failed:
            told = f"{server.name} fails to bring {', '.join(tried.failed)}"
            cure = "Look there why. The log has the reason while Readback runs (reading_failed)."
            yield Finding("fhir", Weight.ADVICE, told, cure)


_CURES = {
    "unreachable": "Look at base_url, and whether this machine may reach it.",
    "tls-failed": "Renew its certificate, or have its CA trusted: SSL_CERT_FILE names the file.",
    "token-endpoint-in-clear": "Name its https address: smart.token_url. It does not know of TLS.",
}


def _cure(reason: str, name: str) -> str:
    if reason in _CURES:
        return _CURES[reason]
    if reason.startswith("token-"):
        return f"Have client_id, scope and the key of `readback fhir keys {name}` registered there."
    if reason in {"search-401", "search-403"}:
        return (
            "Have this client admitted there: system/DiagnosticReport.read and what it refers to."
        )
    if reason in {"search-400", "search-422"}:
        return (
            "Look at query. Some let no client search for reports but for one patient's: ask there."
        )
    return "Look at base_url and query, or try again later."


def _slack(settings: "Settings", everybody: "list[Person]") -> Iterator["Finding"]:
    """Both tokens, and every member of the directory: a deactivated account takes no page."""
    from bot.app.channels import slack_settings
    from bot.cli.findings import Finding, Weight
    from bot.slack import checking

    missing = settings.missing_for_slack()
    if missing:
        cure = "See docs/slack-setup.md, or start with `readback serve --without slack`."
        yield Finding("slack", Weight.FAILED, f"not set: {', '.join(missing)}", cure)
        return
    if settings.slack.viewer_url_template and settings.slack.phi == "none":
        what = 'viewer_url_template is set and phi is "none": nobody has the button "Open images"'
        cure = 'An accession number is PHI: set phi = "modal" where Slack may show it.'
        yield Finding("slack", Weight.ADVICE, what, cure)
    if settings.slack.phi != "none":
        plan = SLACK_PLAN.format(settings.slack.phi)
        yield Finding("slack", Weight.ADVICE, plan, 'Without one, set phi = "none".')
    known = slack_settings(settings)
    tried = checking.check(known)
    for problem in tried.problems:
        yield Finding("slack", Weight.FAILED, problem.what, problem.cure)
    if tried.problems:
        return
    if settings.slack.mode == "http":
        yield _request_url(settings)
    which = "the bot token works" if settings.slack.mode == "http" else "both tokens work"
    yield Finding("slack", Weight.OK, f"{which}, workspace {tried.team}")
    members = sorted((p for p in everybody if p.slack), key=lambda p: "coordinator" not in p.roles)
    for person in members[:MOST_LOOKED_UP]:
        wrong = checking.check_person(known, person)
        if wrong:
            yield Finding("slack", Weight.ADVICE, f"{person.name} {wrong.what}", wrong.cure)
    if len(members) > MOST_LOOKED_UP:
        told = f"{MOST_LOOKED_UP} of {len(members)} members were looked up, coordinators first"
        yield Finding("slack", Weight.OK, told)


def _request_url(settings: "Settings") -> "Finding":
    """Only Slack can try it: it does when the address is entered."""
    from bot.cli.findings import Finding, Weight
    from bot.slack.requests import PATH

    public = settings.web.public_url.rstrip("/")
    if public:
        return Finding("slack", Weight.OK, f"the app's Request URL has to be {public}{PATH}")
    what = f"no web.public_url: Slack has to reach {PATH} of this server"
    cure = "Set it, and enter it in the app's settings, with that path."
    return Finding("slack", Weight.ADVICE, what, cure)


def _twilio(settings: "Settings") -> Iterator["Finding"]:
    from bot.app.channels import twilio_account
    from bot.cli.findings import Finding, Weight
    from bot.phone.trial import refusal

    missing = settings.missing_for_twilio()
    if missing:
        cure = "Set what is missing, or start with `readback serve --without twilio`."
        yield Finding("twilio", Weight.FAILED, f"not set: {', '.join(missing)}", cure)
        return
    refused = asyncio.run(refusal(twilio_account(settings)))
    if refused:
        cure = "Copy both from the console anew." if "20003" in refused else "Try again later."
        yield Finding("twilio", Weight.FAILED, f"the account cannot be used: {refused}", cure)
        return
    yield Finding("twilio", Weight.OK, "the account takes our credentials")
    if not settings.web.public_url:
        what = "no web.public_url: Twilio is asked for replies and receipts"
        yield Finding("twilio", Weight.OK, what)
        if settings.calls:
            what = "no web.public_url: calls announce only, nobody can answer them by a key"
            cure = "Set it to the address at which Twilio reaches this server."
            yield Finding("calls", Weight.ADVICE, what, cure)
