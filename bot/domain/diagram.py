"""docs/state-machine.md from the table that is the machine: ``python -m bot.domain.diagram``."""

import sys

from bot.domain import events
from bot.domain.alert import TRANSITIONS, State, Transition

_HEAD = """# The state machine of an alert

Generated from `TRANSITIONS` in `bot/domain/alert.py` by
`python -m bot.domain.diagram > docs/state-machine.md`; a test keeps it fresh. An event that a state
does not list is refused (`NotAllowed`). Expiry is a fact beside the state: an expired alert stays
open, and paging goes on.
"""
_STATES = {
    State.OPEN: "somebody has to answer; there is an owner and a next action",
    State.ACKNOWLEDGED: "an identified person has answered for the version that holds",
    State.WITHDRAWN: "the result was deleted or marked wrong",
    State.DOWNGRADED: "the result is now routine",
    State.SHADOW: "opened in shadow mode: nobody was paged, and nobody has to answer",
}


def diagram() -> str:
    """The whole document, ending in a line break."""
    parts = [_HEAD, _mermaid(), *(_section(state) for state in State)]
    return "\n".join(parts)


def _mermaid() -> str:
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, event), transition in _ordered():
        for target in transition.to:
            if target is not state:
                arrows.setdefault((state, target), []).append(event.__name__)
    lines = [
        f"    {state} --> {target}: {', '.join(names)}" for (state, target), names in arrows.items()
    ]
    return "\n".join(["```mermaid", "stateDiagram-v2", "    [*] --> open", *lines, "```", ""])


def _section(state: State) -> str:
    rows = [
        f"| {event.__name__} | {', '.join(transition.to)} | {_said(transition)} |"
        for (of, event), transition in _ordered()
        if of is state
    ]
    head = ["| event | leads to | what happens |", "|---|---|---|"]
    return "\n".join([f"## {state}: {_STATES[state]}", "", *head, *rows, ""])


def _said(transition: Transition) -> str:
    """The handler's docstring, up to its first empty line."""
    said = (transition.handler.__doc__ or "").split("\n\n")[0]
    return " ".join(said.split())


def _ordered() -> list[tuple[tuple[State, type], Transition]]:
    """By state, and within it in the order in which events.py lists the events."""
    order = [event.__name__ for event in events.Event.__args__]
    states = list(State)
    return sorted(
        TRANSITIONS.items(),
        key=lambda item: (states.index(item[0][0]), order.index(item[0][1].__name__)),
    )


if __name__ == "__main__":
    sys.stdout.write(diagram())
