"""Get ready what the first visit to a page would wait for."""

from __future__ import annotations

import math
from concurrent.futures import CancelledError
from functools import partial

from holdfast.errors import HoldfastError
from holdfast.evaluating.headlines import kept_headline
from holdfast.evaluating.measures import measures_on_record
from holdfast.storage import experiments as store
from holdfast.telemetry.logs import log
from holdfast.web.experiment_page import read_golden
from holdfast.web.quality_page import LISTED, worked_out
from holdfast.web.rendering import environment
from holdfast.web.workbench import Desk, Workbench


def compile_templates() -> None:
    """Compile every template, so that no page has to: a third of a second."""
    for name in environment().list_templates():
        environment().get_template(name)


def warm_up(workbench: Workbench) -> None:
    """Read every workflow's golden cases, then work out the figures that no one kept.

    Pages do not wait for it: what is not ready yet they do themselves. It ends when the workbench does.
    """
    for desk in workbench.desks.values():
        for work in (partial(read_golden, workbench, desk, wait_s=None), partial(_figures, workbench, desk)):
            if workbench.figures.is_closed:
                return
            try:
                work()
            except CancelledError:
                return
            except HoldfastError as error:  # the page says it to who opens it
                log("warming.left_out", "warning", workflow=desk.name, error=str(error))


def _figures(workbench: Workbench, desk: Desk) -> None:
    wiring = desk.flow.wiring
    with wiring.database.read() as connection:
        listed = store.list_experiments(connection, limit=LISTED)
    if not listed:
        return
    rules = measures_on_record(wiring).rules()
    for one in listed:
        if workbench.figures.is_closed:
            return
        if one.experiment.ended_at is not None and kept_headline(one, rules) is None:
            worked_out(workbench, desk, one, rules, until=math.inf)
