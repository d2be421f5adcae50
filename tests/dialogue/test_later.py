"""The alarm clock: nothing too early, nothing twice, nothing after the end, no thread left."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from dialogue.later import Later


@pytest.fixture
def later() -> Iterator[Later]:
    later = Later("alarms of a test")
    yield later
    later.stop()
    assert "alarms of a test" not in [thread.name for thread in threading.enumerate()]


def test_what_is_due_sooner_is_called_sooner(later: Later) -> None:
    done, called = threading.Event(), list[str]()

    def last() -> None:
        called.append("b")
        done.set()

    begun = time.monotonic()
    later.call(0.08, last)
    later.call(0.04, lambda: called.append("a"))
    assert done.wait(5)
    assert called == ["a", "b"]
    assert time.monotonic() - begun >= 0.08


def test_what_is_due_at_once_does_not_wait_for_what_is_not(later: Later) -> None:
    done = threading.Event()
    later.call(3600, lambda: pytest.fail("too early"))
    later.call(0, done.set)
    assert done.wait(5)


def test_each_is_called_once_from_whatever_thread_it_was_asked_for(later: Later) -> None:
    called: list[int] = []
    ready = threading.Barrier(8)

    def ask(number: int) -> None:
        ready.wait()
        for step in range(25):
            later.call(0, partial(called.append, number * 25 + step))

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    until = time.monotonic() + 5
    while len(called) < 200 and time.monotonic() < until:
        time.sleep(0.005)
    assert sorted(called) == list(range(200))


def test_one_bad_alarm_does_not_end_the_others(later: Later, caplog) -> None:
    done = threading.Event()

    def fail() -> None:
        raise RuntimeError("가로등이 꺼졌어요")

    later.call(0, fail)
    later.call(0.01, done.set)
    assert done.wait(5)
    assert "RuntimeError" in caplog.text
    assert "가로등" not in caplog.text


def test_after_the_end_nothing_is_called_and_nothing_begins() -> None:
    later, called = Later("alarms of a test"), []
    later.call(0.02, lambda: called.append(1))
    later.stop()
    later.stop()
    later.call(0, lambda: called.append(2))
    assert "alarms of a test" not in [thread.name for thread in threading.enumerate()]
    assert called == []


def test_a_clock_that_was_never_used_has_no_thread() -> None:
    later = Later("alarms of a test")
    assert "alarms of a test" not in [thread.name for thread in threading.enumerate()]
    later.stop()
