"""Settings of lookups: the declared queries, their parameters, and who may use them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Self

from pydantic import Field, field_validator, model_validator

from holdfast.settings import PartSettings, Settings
from holdfast.stages.lookups.statements import parameters_in, problem_with


class ParameterSettings(Settings):
    """Where a parameter's value comes from: a field of the item, else a pattern in its text."""

    field: str = Field(default="", description="Field of the item that holds the value.")
    pattern: str = Field(
        default="",
        description="Regular expression searched in that field and, when it holds none, in question and "
        "latest turns; its first group (else all of it) is the value.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from error
        return value

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not self.field and not self.pattern:
            raise ValueError("needs `field` or `pattern`")
        return self


class LookupSettings(PartSettings):
    """One declared query; `use` puts a lookup of your own here instead."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]*$", description="Name; its rows are cited as `lookup:NAME`.")
    database: str = Field(default="", description="SQLite file, relative to the workflow's folder.")
    url_env: str = Field(
        default="", description="Environment variable that holds the URL of a PostgreSQL database."
    )
    sql: str = Field(default="", description="One SELECT with parameters written `:name`.")
    parameters: dict[str, ParameterSettings] = Field(
        default_factory=dict, description="One entry for each parameter of the query."
    )
    limit: int = Field(default=20, ge=1, le=500, description="Rows taken at most.")
    matches: int = Field(
        default=3,
        ge=1,
        le=20,
        description="Times the query runs at most, once for each value that was found.",
    )
    timeout_s: float = Field(default=5.0, gt=0, le=60, description="Seconds that one run of the query has.")
    access: tuple[str, ...] = Field(
        default=(),
        description="Groups and `user:NAME` entries that may see its rows; `everyone` is written out. "
        "Empty: nobody.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.use:
            return self
        if bool(self.database) == bool(self.url_env):
            raise ValueError("needs one of `database` and `url_env`")
        path = PurePosixPath(self.database)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("`database` must be a file inside the workflow's folder")
        if problem := problem_with(self.sql):
            raise ValueError(f"`sql` {problem}")
        used, declared = parameters_in(self.sql), set(self.parameters)
        if missing := sorted(used - declared):
            raise ValueError(f"`sql` uses :{missing[0]}, which `parameters` does not declare")
        if unused := sorted(declared - used):
            raise ValueError(f"`parameters` declares {unused[0]}, which `sql` does not use")
        return self


class LookupsSettings(Settings):
    """The `lookups` section of a declaration."""

    queries: tuple[LookupSettings, ...] = Field(default=(), description="The declared queries.")

    @field_validator("queries")
    @classmethod
    def _has_distinct_names(cls, value: tuple[LookupSettings, ...]) -> tuple[LookupSettings, ...]:
        names = [lookup.name for lookup in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two queries are named {twice[0]}")
        return value
