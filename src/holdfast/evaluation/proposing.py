"""A change of settings as it would stand in workflow.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from holdfast.declaring.checked import settings_of
from holdfast.declaring.editing import edited, replace_text
from holdfast.declaring.file_bytes import read_bytes
from holdfast.declaring.mistakes import Unreadable, declaration_error
from holdfast.declaring.yaml_text import parse_yaml
from holdfast.errors import DeclarationError, UsageError
from holdfast.evaluation.search_space import Value
from holdfast.workflow import FILE, Workflow


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A workflow.yaml as it is and as it would be; comments, order and blanks stay."""

    file: Path
    before: bytes
    after: str

    @property
    def diff(self) -> str:
        """Return the difference as a unified diff that `patch` and `git apply` take."""
        old = self.before.decode("utf-8-sig").splitlines(keepends=True)
        lines = unified_diff(
            old, self.after.splitlines(keepends=True), f"a/{self.file.name}", f"b/{self.file.name}"
        )
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
        )


def proposed(file: Path, changes: Mapping[str, Value]) -> Proposal:
    """Return the file with these values written into it (`chunking.size`: 1200).

    Raises DeclarationError when the file cannot be changed by a tool or the result would not be valid.
    """
    try:
        before = read_bytes(file.parent, file.name)
        if before is None:
            raise UsageError(f"there is no {file}", move=f"Write a {FILE} first.")
        data = before
        for key, value in changes.items():
            data = edited(data, key, value, name=file.name).encode()
        outcome = settings_of(parse_yaml(data, name=file.name), Workflow, file=file.name)
    except Unreadable as error:
        raise declaration_error((error.mistake,)) from error
    if isinstance(outcome, list):
        raise declaration_error(outcome)
    return Proposal(file=file, before=before, after=data.decode())


def apply(proposal: Proposal, *, again: str = "holdfast tune") -> None:
    """Write the file; raise DeclarationError, and leave it, when it was changed since it was read.

    `again` is the command that makes the proposal anew.
    """
    if read_bytes(proposal.file.parent, proposal.file.name) != proposal.before:
        raise DeclarationError(
            f"{proposal.file.name} was changed while its settings were measured; it is as you left it",
            move=f"Write the lines of the difference by hand, or run `{again}` again.",
        )
    replace_text(proposal.file, proposal.after)
