"""Describe the interface for programs: what every route takes, gives and refuses with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from holdfast.web.shapes import Fault
from holdfast.web.visits import PERSON

REF = "#/components/schemas/{model}"
EVENTS: Mapping[str, Any] = {"text/event-stream": {}}
_FAULTS = {
    400: "what is sent is no item and no decision, or the address cannot be read",
    401: "nobody is chosen, and the workspace declares people",
    403: "not for this person, or asked by another site's page",
    404: "there is no such thing, or none that this person may see",
    409: "a file cannot be read, or is another one now",
    413: "more is sent than is read",
    415: "the content type is not read",
    421: "the request was meant for another server",
    422: "a value cannot be read",
    502: "no model could answer",
    503: "the records, the index or the declaration cannot be used",
}
_OF_EVERY_ROUTE = (400, 413, 415, 421)
"""What a request is refused with before any route sees it."""
_WORKFLOW = {
    "name": "workflow", "in": "query", "required": False, "schema": {"type": "string"},
    "description": "The workflow; left out: the first.",
}  # fmt: skip
_PEOPLE = {"type": "apiKey", "in": "cookie", "name": PERSON, "description": "Who is here, URL-encoded."}
Responses = dict[int | str, dict[str, Any]]


def gives(shape: Any, **more: Any) -> Responses:
    """Return the description of an answer of this shape."""
    return {200: {"model": shape, **more}}


def refuses(*statuses: int) -> Responses:
    """Return the description of these errors, and of those of every route.

    Their shape is a reference: as a model it would be prepared for each error of each route, which was most
    of what a server took to start.
    """
    wanted = sorted({*_OF_EVERY_ROUTE, *statuses})
    content = {"application/json": {"schema": {"$ref": REF.format(model=Fault.__name__)}}}
    return {
        status: {"description": _FAULTS[status].capitalize() + ".", "content": content} for status in wanted
    }


REFUSES = refuses(*_FAULTS)


def body_of(model: type[BaseModel], form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of a body that a route reads by itself: as JSON, or as a form."""
    schema = model.model_json_schema(ref_template=REF)
    schema.pop("$defs", None)
    kinds = {"application/json": {"schema": schema}, "multipart/form-data": {"schema": dict(form)}}
    return {"requestBody": {"required": True, "content": kinds}}


def describe(app: FastAPI, *models: type[BaseModel]) -> None:
    """Add to the application's description what its routes do not tell: parts of these models, the person."""
    made = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = made()
            for model in models:
                parts = model.model_json_schema(ref_template=REF).get("$defs", {})
                schema["components"]["schemas"] |= parts
            schema["components"]["schemas"][Fault.__name__] = Fault.model_json_schema(mode="serialization")
            schema["components"]["securitySchemes"] = {"person": _PEOPLE}
            for path, operations in schema["paths"].items():
                if path.startswith("/api/"):
                    _of_a_visit(operations)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _of_a_visit(operations: Mapping[str, Any]) -> None:
    """Say that a route is at a workflow, for a person; where nobody is declared it is the local user."""
    for operation in operations.values():
        named = {one["name"] for one in operation.get("parameters", ())}
        if _WORKFLOW["name"] not in named:
            operation.setdefault("parameters", []).append(_WORKFLOW)
        operation["security"] = [{"person": []}, {}]
