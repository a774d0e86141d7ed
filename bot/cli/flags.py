"""Commands and groups whose help shows a flag without a type: there is nothing to type after it."""

from difflib import get_close_matches
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

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Typer names what a mistyped command is close to; if nothing is, all that there are."""
        if args[0] not in self.commands and not get_close_matches(args[0], self.commands):
            there = ", ".join(self.list_commands(ctx))
            ctx.fail(f"No such command '{args[0]}'. What there is: {there}.")
        return super().resolve_command(ctx, args)

    def get_params(self, ctx: Any) -> list[Any]:
        """Its options, ``--help`` among them."""
        return _bare(super().get_params(ctx))


def _bare(params: list[Any]) -> list[Any]:
    for param in params:
        if isinstance(param, TyperOption) and param.is_flag:
            param.metavar = ""
    return params
