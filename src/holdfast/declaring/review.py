"""The part of a declaration that says which cases people look at, who they are, how they are told."""

from __future__ import annotations

from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from holdfast.domain.cases import Risk
from holdfast.settings import Settings

HERE = frozenset({"localhost", "127.0.0.1", "::1"})
LEAST_SAME = 0.5
CATEGORIES = ("wrong", "incomplete", "outdated", "unsupported", "other")


class DueHours(Settings):
    """Hours until a case should be decided, by its risk."""

    high: float = Field(default=4, gt=0, description="Hours for a case of high risk.")
    medium: float = Field(default=24, gt=0, description="Hours for a case of medium risk.")
    low: float = Field(default=72, gt=0, description="Hours for a case of low risk.")


class WebhookSettings(Settings):
    """Where notices are posted as JSON."""

    url: str = Field(description="https URL; http only to this machine.")
    secret_env: str = Field(
        default="",
        description="Environment variable (or, with `_FILE` behind its name, file) that holds the secret "
        "which signs each notice; empty: unsigned.",
    )
    timeout_s: float = Field(default=10.0, gt=0, le=60, description="Seconds that one attempt has.")

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str) -> str:
        parts = urlsplit(url)
        is_here = parts.scheme == "http" and parts.hostname in HERE
        if not parts.hostname or not (parts.scheme == "https" or is_here):
            raise ValueError("must begin with https:// (or http://localhost)")
        if parts.username or parts.password:
            raise ValueError("must not hold a user or password; sign with secret_env")
        return url


class MailSettings(Settings):
    """The server that notices are mailed by."""

    host: str = Field(min_length=1, description="SMTP server.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls, tls (from the first byte) or none (only to this machine).",
    )
    sender: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", description="Address that mails come from.")
    to: tuple[str, ...] = Field(
        default=(), description="Addresses of the reviewers; they get what is for all of them."
    )
    addresses: dict[str, str] = Field(
        default={},
        description="Addresses of people by name: owners, substitutes, those who ask.",
    )
    user: str = Field(default="", description="User at the server; empty: no sign-in.")
    password_env: str = Field(
        default="", description="Environment variable (or, with `_FILE`, file) that holds the password."
    )
    timeout_s: float = Field(default=20.0, gt=0, le=120, description="Seconds that one attempt has.")

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if self.security == "none" and self.host not in HERE:
            raise ValueError("`security: none` is for a server on this machine; write starttls or tls")
        if bool(self.user) != bool(self.password_env):
            raise ValueError("`user` and `password_env` go together")
        for address in (*self.to, *self.addresses.values()):
            if address.count("@") != 1 or any(sign.isspace() for sign in address):
                raise ValueError(f"{address!r} is no mail address")
        return self


class NotifySettings(Settings):
    """How people are told; a notice holds no text of a question or a document."""

    webhook: WebhookSettings | None = Field(default=None, description="Post notices as signed JSON.")
    email: MailSettings | None = Field(default=None, description="Mail notices.")
    link: str = Field(
        default="",
        description="Address of the workbench (https://...), for links in notices; empty: no links.",
    )

    @property
    def channels(self) -> tuple[str, ...]:
        """Return the ways that are declared."""
        return ("webhook",) * (self.webhook is not None) + ("email",) * (self.email is not None)


class ReviewSettings(Settings):
    """The `review` of a workflow: which cases people look at."""

    groups: tuple[str, ...] = Field(
        default=(),
        description="Groups and `user:NAME` entries that may review; empty: everyone who may see the case.",
    )
    own_cases: Literal["refuse", "allow"] = Field(
        default="refuse",
        description="Whether a reviewer may claim and decide a case that they asked themselves: `refuse` or "
        "`allow`. Leave it where two people have to look.",
    )
    found_wrong: Literal["review", "record"] = Field(
        default="review",
        description="What becomes of an outcome that who asked found wrong: `review` makes a case of it, "
        "`record` keeps what they said and asks nobody.",
    )
    below: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="An answer whose confidence is below this is given and goes to review as well.",
    )
    risks: dict[str, Risk] = Field(default={}, description="Risk (low, medium, high) by route.")
    risk: Risk = Field(default="medium", description="Risk of a case whose route is not under `risks`.")
    low_confidence_risk: Risk = Field(default="low", description="Risk of an answer below `below`.")
    due_hours: DueHours = Field(default=DueHours(), description="Hours until a case should be decided.")
    owners: dict[str, str] = Field(default={}, description="User who answers for the cases, by route.")
    substitutes: dict[str, str] = Field(
        default={}, description="User who is told when the owner's case is overdue, by owner."
    )
    categories: tuple[str, ...] = Field(
        default=CATEGORIES, min_length=1, description="Reasons for a rejection to choose from."
    )
    claim_minutes: float = Field(
        default=30, gt=0, le=24 * 60, description="Minutes after which a claimed case is free again."
    )
    same_question: float = Field(
        default=0.8,
        ge=0,
        le=1,
        description="How much of two questions' content words must be the same for them to count as one, "
        "so that who asks is told what a reviewer has answered before: 1: all; 0: nobody is told. Numbers, "
        "codes, negations and question words must be equal always.",
    )
    notify: NotifySettings = Field(default=NotifySettings(), description="How people are told.")

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if 0 < self.same_question < LEAST_SAME:
            raise ValueError(
                f"`same_question` is 0 (off) or from {LEAST_SAME} to 1: below it questions differ"
            )
        if len(set(self.categories)) < len(self.categories) or not all(map(str.strip, self.categories)):
            raise ValueError("`categories` must differ and say something")
        for owner in self.substitutes:
            if owner not in self.owners.values():
                raise ValueError(f"`substitutes` names {owner!r}, who owns no route under `owners`")
        return self
