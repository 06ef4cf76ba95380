"""The interface does what its description says: schemathesis makes requests of it, and none fails the server.

HOLDFAST_API_EXAMPLES asks each route so often; a few times where it is not set.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import positive_data_acceptance

from holdfast.domain.access import Principal
from holdfast.web.application import application
from holdfast.web.people import Person, Role
from holdfast.web.workbench import Workbench

from .conftest import QUESTION, Served, plain_client, served, write_workflow

EXAMPLES = int(os.environ.get("HOLDFAST_API_EXAMPLES", "12"))
KIM = {"Cookie": "holdfast_person=kim"}
NOT_PROMISED = [positive_data_acceptance]
"""What fits the description may still be refused: a case that is not there, a question that is blank."""
DESCRIPTION = application(
    Workbench(desks={}, local=Person(principal=Principal(user="nobody"), role=Role.ASKER))
).openapi()
ROUTES = [f"{method.upper()} {path}" for path, methods in DESCRIPTION["paths"].items() for method in methods]


@dataclass(frozen=True, slots=True)
class Interface:
    """A server with its description; requests may change its runs and cases."""

    web: Served
    routes: dict[str, schemathesis.APIOperation]
    runs: tuple[str, ...]
    """An answer and a case that waits for a reviewer."""

    @property
    def bodies(self) -> dict[str, Any]:
        """Return bodies that are taken, which chance seldom writes."""
        accepted = {"run": self.runs[0], "action": "accept"}
        return {"POST /api/items": {"question": QUESTION}, "POST /api/decisions": accepted}

    def requests(self, route: str) -> st.SearchStrategy[schemathesis.Case]:
        """Return requests as they are described and some that are not, of runs that are there and of others."""
        operation = self.routes[route]
        made = [operation.as_strategy(), operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)]
        if route in self.bodies:
            made.append(operation.as_strategy(body=self.bodies[route], media_type="application/json"))
        if "{run}" in route:
            made += [operation.as_strategy(path_parameters={"run": run}) for run in self.runs]
        return st.one_of(made)


@pytest.fixture(scope="module")
def interface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Interface]:
    root = tmp_path_factory.mktemp("described")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOLDFAST_HOME", str(root / "home"))
        with served(write_workflow(root / "desk")) as web:
            described = schemathesis.openapi.from_dict(DESCRIPTION)
            described.config.update(base_url=web.url)
            described.config.checks.negative_data_rejection.expected_statuses = ["4xx"]
            routes = {one.label: one for one in (found.ok() for found in described.get_all_operations())}
            runs = tuple(
                web.ask(question, person="ana")["run"] for question in (QUESTION, "Somebody was injured.")
            )
            yield Interface(web=web, routes=routes, runs=runs)


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_does_what_its_description_says(interface: Interface, route: str) -> None:
    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
        deadline=None,
        database=None,
    )
    @given(case=interface.requests(route))
    def asked(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=KIM, excluded_checks=NOT_PROMISED)

    asked()


@pytest.mark.parametrize("route", ROUTES)
def test_a_method_that_a_route_does_not_have_is_told_with_those_it_has(
    interface: Interface, route: str
) -> None:
    method, _, path = route.partition(" ")
    with plain_client(interface.web.url, headers=KIM) as client:
        for other in {"DELETE", "PUT", "PATCH", "TRACE"} - {method}:
            answer = client.request(other, path)
            assert answer.status_code == 405
            assert method in answer.headers["allow"]
            assert answer.json()["error"]
