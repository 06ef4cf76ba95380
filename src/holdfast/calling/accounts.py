"""Say on whose account calls go, and stop what a budget does not cover."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

from holdfast.domain.attempts import Attempt
from holdfast.domain.calls import Call, Purpose
from holdfast.domain.usage import Price
from holdfast.errors import BudgetExhausted, PriceUnknown
from holdfast.protocols import Ledger


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """On whose account the calls of a workflow go, where they are on record, and what they may cost."""

    ledger: Ledger
    workflow: str = ""
    version: str = ""
    cost_centre: str = ""
    per_run_usd: float | None = None
    has_day_budget: bool = False
    is_batch: bool = False
    """Whether its calls go out in a batch."""

    @property
    def has_budget(self) -> bool:
        """Return whether a run or a day has one, so that every call needs a price."""
        return self.per_run_usd is not None or self.has_day_budget

    def opened(self, call: Call, model: str) -> Attempt:
        """Return the open attempt of a call of the named model, for which nothing is held back."""
        return Attempt(
            id=uuid.uuid4().hex,
            at=datetime.now(UTC),
            workflow=self.workflow,
            run=call.run,
            stage=call.stage,
            purpose=call.purpose,
            case=call.case,
            cost_centre=self.cost_centre,
            version=self.version,
            model=model,
            number=call.number,
            is_hedge=call.is_hedge,
            is_batch=self.is_batch,
        )

    def held_back(self, most: Price | None, call: Call, model: str) -> float:
        """Return the USD to hold back for a call that costs `most` at most, 0 where no price is known.

        Raises PriceUnknown where a budget needs one, BudgetExhausted where the run's is used up. The day's
        budgets are the ledger's business.
        """
        limit = None if call.purpose is Purpose.EMBEDDING else self.per_run_usd
        if most is None:
            if limit is not None or self.has_day_budget:
                raise PriceUnknown(
                    f"no price is known of {model}, and a budget is declared",
                    stage=call.stage,
                    move=f"Declare it in holdfast.yaml (prices: {{'{model}': ...}}), or take the budget out",
                )
            return 0.0
        if limit is not None:
            _check_run(most.usd, limit, call, model)
        return most.usd


def _check_run(most: float, limit: float, call: Call, model: str) -> None:
    """Raise BudgetExhausted when the run's attempts and this one may cost more than a run may."""
    taken = sum(one.reserved_usd if one.cost_usd is None else one.cost_usd for one in call.journal)
    if taken + most > limit:
        so_far = f", {taken:.4f} of it are taken" if taken else ""
        raise BudgetExhausted(
            f"a call of {model} may cost {most:.4f} USD, a run may cost {limit:.4f}{so_far}",
            stage=call.stage,
            move="Raise generation.budget.per_run_usd, or show fewer passages (assembly.passages)",
        )
