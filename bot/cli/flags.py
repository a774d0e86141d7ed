"""Commands and groups whose help shows a flag without a type: there is nothing to type after it."""

from typing import Any

from typer.core import TyperCommand, TyperGroup, TyperOption

__all__ = ["Command", "Group"]


class Command(TyperCommand):
    """For every ``app.command``."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options, ``--help`` among them."""
        return _bare(super().get_params(ctx))


class Group(TyperGroup):
    """For every ``typer.Typer``."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options, ``--help`` among them."""
        return _bare(super().get_params(ctx))


def _bare(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params
