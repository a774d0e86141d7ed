"""What interprets images and is no person."""

from bot.domain.report import Provider


def is_listed(provider: Provider, machines: frozenset[str]) -> bool:
    """Whether the site names them as a machine: by id, AUTHORITY:ID, or name, in upper case and
    with the first name before or behind ("RAPID AI" or "AI, RAPID"): a product has neither."""
    last, _, first = provider.name.partition(", ")
    names = {provider.name, f"{first} {last}", f"{last} {first}"} if first else {provider.name}
    for identifier in provider.identifiers:
        names |= {identifier.value, f"{identifier.authority}:{identifier.value}"}
    return any(name.upper() in machines for name in names if name)
