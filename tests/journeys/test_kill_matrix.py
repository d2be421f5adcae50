"""Ten rounds of the kill matrix on each database; `make soak-kill` plays as many as one likes.

The seeds are chosen so that every process dies, an erasure and an officer's change are among what is cut
short, and no round waits for Telegram's long lease.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.kill_matrix import KillMatrix, draw_round
from tests.postgres import Cluster
from tests.stack import Stack, running_stack

ROUNDS = 10
FIRST_SEEDS = {"sqlite": 2170, "postgresql": 2247}


@pytest.fixture
def matrix_on_sqlite(stack: Stack) -> KillMatrix:
    """The stack of the whole run."""
    return KillMatrix(stack)


@pytest.fixture
def matrix_on_postgresql(cluster: Cluster, tmp_path: Path) -> Iterator[KillMatrix]:
    """A service of its own over an empty database of the run's PostgreSQL."""
    with running_stack(tmp_path, database_url=cluster.create(empty=True)) as own:
        yield KillMatrix(own)


@pytest.fixture(
    params=["sqlite", pytest.param("postgresql", marks=pytest.mark.require("postgresql"))]
)
def matrix(request: pytest.FixtureRequest) -> tuple[KillMatrix, int]:
    playing: KillMatrix = request.getfixturevalue(f"matrix_on_{request.param}")
    return playing, FIRST_SEEDS[request.param]


def test_whoever_dies_wherever_nothing_is_lost_and_nothing_comes_twice(
    matrix: tuple[KillMatrix, int],
) -> None:
    playing, first = matrix
    for seed in range(first, first + ROUNDS):
        playing.play(seed)
    playing.close()
    faults = [(str(each.round), each.faults) for each in playing.outcomes if each.faults]
    assert faults == []
    in_the_middle = [each for each in playing.outcomes if each.hit]
    assert len(in_the_middle) >= ROUNDS - 2, "too few were killed while they worked"


@pytest.mark.parametrize("first", FIRST_SEEDS.values())
def test_the_rounds_leave_no_process_out(first: int) -> None:
    rounds = [draw_round(seed) for seed in range(first, first + ROUNDS)]
    assert {each.process for each in rounds} == {"public", "worker", "actions", "rasa", "internal"}
    assert any(each.erases for each in rounds)
    assert [draw_round(each.seed) for each in rounds] == rounds
