"""How the values are declared of which each message makes a dozen."""

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

_Value = TypeVar("_Value")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[_Value]) -> type[_Value]:
    """A frozen dataclass to the type checker, which refuses every assignment to a field; not so
    when it runs, where a frozen one takes four times as long to make. For what is made for each
    message: anything else is ``dataclass(frozen=True)``."""
    return dataclass(slots=True, unsafe_hash=True)(cls)
