"""A group of commands that lists where none of them is named."""

from __future__ import annotations

from typing import Any

from typer.core import TyperGroup

LIST = "list"
"""What the group does where no other word of its page stands behind it."""


class ListsOtherwise(TyperGroup):
    """Takes anything that is no command of the page for the words of `list`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `list` in front unless a command, or help, is asked for."""
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = [LIST, *args]
        return super().parse_args(ctx, args)
