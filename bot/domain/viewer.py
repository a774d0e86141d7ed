"""The address of a study in the site's image viewer: a template with two names in it.

The address speaks of one patient's exam. It stands in one place only: a button in the modal that
shows an entitled person the finding, where the site allows that (``[slack] phi``).
"""

from string import Formatter
from urllib.parse import SplitResult, quote, urlsplit

FIELDS = ("accession", "study_uid")
LONGEST = 3000
"""Slack's limit for the address of a button."""


def trouble(template: str) -> tuple[str, str] | None:
    """What is wrong with a template and what helps; None where it can be used."""
    named = " or ".join(f"{{{name}}}" for name in FIELDS)
    try:
        found = list(Formatter().parse(template))
    except ValueError:
        return "has a brace without its pair", f"Name what is filled in as {named}."
    names = [(name, spec, how) for _, name, spec, how in found if name is not None]
    unknown = [name for name, spec, how in names if name not in FIELDS or spec or how]
    if unknown:
        return f"names an unknown field {{{unknown[0]}}}", f"Write {named}."
    if not names:
        return "leads every report to the same page", f"Name what differs: {named}."
    return _not_https(template)


def _not_https(template: str) -> tuple[str, str] | None:
    parts = address_parts(template)
    if parts is None or parts.scheme != "https" or not parts.hostname:
        return "is no https address", 'Begin it with "https://" and the viewer\'s host.'
    if "{" in parts.netloc:
        return "names a field in its host", "Put it into the path, or behind the question mark."
    return None


def address_parts(text: str) -> SplitResult | None:
    """The parts of a web address; None where its host or port cannot be one (RFC 3986, 3.2), or
    where it holds what no address does."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # read only here, and refused where it is no number or too large
    except ValueError:
        return None
    return parts if text.isprintable() and " " not in text else None


def address(template: str, accession: str, study_uid: str) -> str:
    """The template filled in, each value percent-encoded; empty where a value is missing, or would
    lead elsewhere: a browser takes a dot or two for a step in the path (RFC 3986, 5.2.4)."""
    values = {"accession": accession.strip(), "study_uid": study_uid.strip()}
    needed = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    if not needed or any(values[name] in {"", ".", ".."} for name in needed):
        return ""
    filled = template.format(**{name: quote(value, safe="") for name, value in values.items()})
    return filled if len(filled) <= LONGEST else ""
