from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from holdfast.domain.hits import Hit, Leg
from holdfast.stages.retrieval.fusion import by_best_parts, merged, minmax, proportional, reciprocal_rank

WEIGHTS = {"sparse": 0.5, "dense": 0.5}


def hit(number: int, score: float, leg: str = "sparse", rank: int = 1) -> Hit:
    return Hit(
        chunk_id=number, document=f"{number}.md", ordinal=0, text="", start=0, end=0, score=score,
        legs={leg: Leg(rank=rank, score=score)},
    )  # fmt: skip


def ranked(scores: dict[int, float], leg: str) -> tuple[Hit, ...]:
    order = sorted(scores, key=lambda number: -scores[number])
    return tuple(hit(number, scores[number], leg, rank) for rank, number in enumerate(order, 1))


def test_a_chunk_found_by_both_legs_stands_once_with_both_places() -> None:
    legs = {"sparse": ranked({1: 9.0, 2: 3.0}, "sparse"), "dense": ranked({2: 0.9, 1: 0.1}, "dense")}
    fused = merged(minmax(legs, WEIGHTS), legs.values())
    assert sorted(one.chunk_id for one in fused) == [1, 2]
    assert all(set(one.legs) == {"sparse", "dense"} for one in fused)


def test_a_leg_with_one_hit_gives_it_full_marks() -> None:
    fused = minmax({"sparse": ranked({1: 4.2}, "sparse"), "dense": ()}, WEIGHTS)
    assert fused[0].score == 0.5


def test_nothing_found_fuses_to_nothing() -> None:
    assert minmax({"sparse": (), "dense": ()}, WEIGHTS) == []
    assert reciprocal_rank({}, {}, k=60) == []


def test_reciprocal_ranks_add_up() -> None:
    legs = {"sparse": ranked({1: 9.0, 2: 3.0}, "sparse"), "dense": ranked({1: 0.9}, "dense")}
    fused = reciprocal_rank(legs, WEIGHTS, k=60)
    assert fused[0].chunk_id == 1
    assert fused[0].score == 0.5 / 61 + 0.5 / 61


scored = st.dictionaries(st.integers(1, 30), st.floats(0.01, 100, allow_nan=False), min_size=1, max_size=20)


@given(scored, scored)
def test_fusion_keeps_every_chunk_once_and_scores_within_bounds(
    sparse: dict[int, float], dense: dict[int, float]
) -> None:
    fused = minmax({"sparse": ranked(sparse, "sparse"), "dense": ranked(dense, "dense")}, WEIGHTS)
    assert sorted(one.chunk_id for one in fused) == sorted({*sparse, *dense})
    assert all(-1e-9 <= one.score <= 1 + 1e-9 for one in fused)
    assert [one.score for one in fused] == sorted((one.score for one in fused), reverse=True)


@given(scored, scored, st.data())
def test_fusion_is_monotone_a_better_score_in_one_leg_never_lowers_a_chunk(
    sparse: dict[int, float], dense: dict[int, float], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(sorted(sparse)))
    raised = sparse | {chosen: max(sparse.values()) + 1}
    dense_leg = ranked(dense, "dense")

    def place(scores: dict[int, float]) -> int:
        fused = minmax({"sparse": ranked(scores, "sparse"), "dense": dense_leg}, WEIGHTS)
        better = next(one.score for one in fused if one.chunk_id == chosen)
        return sum(one.score > better + 1e-9 for one in fused)

    assert place(raised) <= place(sparse)


def test_the_input_lists_are_left_as_they_were() -> None:
    sparse = ranked({1: 2.0, 2: 1.0}, "sparse")
    before = tuple(replace(one) for one in sparse)
    minmax({"sparse": sparse}, {"sparse": 1.0})
    assert sparse == before


def test_a_share_keeps_how_far_the_best_is_ahead() -> None:
    legs = {"sparse": ranked({1: 10.0, 2: 5.0}, "sparse"), "dense": ranked({2: 0.8, 1: 0.6}, "dense")}
    fused = proportional(legs, WEIGHTS, depth=2)
    assert [one.chunk_id for one in fused] == [1, 2]
    assert fused[0].score == 0.5 * 1.0 + 0.5 * 0.6 / 0.8


def test_a_hit_that_a_leg_did_not_find_scores_there_as_its_last_one() -> None:
    legs = {"sparse": ranked({1: 10.0, 2: 4.0}, "sparse"), "dense": ranked({3: 0.8}, "dense")}
    scores = {one.chunk_id: one.score for one in proportional(legs, WEIGHTS, depth=1)}
    assert scores[3] == 0.5 * 0.4 + 0.5 * 1.0


def test_a_sole_exact_match_counts_when_the_leg_had_room_for_more() -> None:
    legs = {"sparse": ranked({1: 3.0}, "sparse"), "dense": ranked({2: 0.5, 3: 0.49, 1: 0.48}, "dense")}
    assert proportional(legs, WEIGHTS, depth=100)[0].chunk_id == 1


@given(scored, scored, st.data())
def test_proportional_fusion_is_monotone_too(
    sparse: dict[int, float], dense: dict[int, float], data: st.DataObject
) -> None:
    chosen = data.draw(st.sampled_from(sorted(sparse)))
    raised = sparse | {chosen: max(sparse.values()) + 1}

    def better_than(scores: dict[int, float]) -> set[int]:
        fused = proportional(
            {"sparse": ranked(scores, "sparse"), "dense": ranked(dense, "dense")}, WEIGHTS, depth=10
        )
        own = next(one.score for one in fused if one.chunk_id == chosen)
        return {one.chunk_id for one in fused if one.score > own + 1e-9}

    assert better_than(raised) <= better_than(sparse)


def test_a_chunk_that_answers_one_part_well_stands_before_one_that_touches_all_a_little() -> None:
    whole = ranked({1: 0.5, 2: 0.5}, "sparse")
    parts = [ranked({1: 1.0, 2: 0.4}, "sparse"), *(ranked({2: 0.4, 3: 0.3}, "sparse") for _ in range(5))]
    assert [one.chunk_id for one in by_best_parts(whole, parts, best=1)] == [1, 2, 3]


@given(scored, st.lists(scored, max_size=4))
def test_parts_lose_no_chunk_and_the_score_of_one_never_falls_when_a_part_finds_it_better(
    whole: dict[int, float], parts: list[dict[int, float]]
) -> None:
    lists = [ranked(part, "sparse") for part in parts]
    fused = by_best_parts(ranked(whole, "sparse"), lists, best=2)
    assert sorted(one.chunk_id for one in fused) == sorted({*whole, *(n for part in parts for n in part)})
    more = by_best_parts(ranked(whole, "sparse"), [*lists, ranked({1: 200.0}, "sparse")], best=2)
    before = {one.chunk_id: one.score for one in fused}
    assert next(one.score for one in more if one.chunk_id == 1) >= before.get(1, 0.0)


def test_a_leg_that_has_nothing_in_common_with_the_question_takes_nothing_away() -> None:
    dense = {number: 0.01 - number / 100 for number in range(10)}  # cosines about 0, most of them below
    legs = {"sparse": ranked({50: 7.9}, "sparse"), "dense": ranked(dense, "dense")}
    fused = proportional(legs, WEIGHTS, depth=10)
    assert all(one.score >= 0 for one in fused)
    assert 50 in [one.chunk_id for one in fused[:2]]
