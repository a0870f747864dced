"""Writers of one process take turns, in the order in which they came."""

import threading

import pytest

from central.store.turns import Turns
from tests.waiting import until


def test_who_comes_first_is_served_first() -> None:
    turns, served = Turns(), list[int]()

    def write(number: int) -> None:
        with turns:
            served.append(number)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    with turns:
        for number, thread in enumerate(threads):
            thread.start()
            until(lambda number=number: turns.waiting == number + 1)
    for thread in threads:
        thread.join(30)
    assert served == list(range(8))


def test_whoever_gives_it_back_and_asks_again_goes_behind_who_waits() -> None:
    turns, served = Turns(), list[str]()

    def other() -> None:
        with turns:
            served.append("other")

    thread = threading.Thread(target=other)
    with turns:
        thread.start()
        until(lambda: turns.waiting == 1)
    with turns:
        served.append("again")
    thread.join(30)
    assert served == ["other", "again"]


def test_work_that_raises_gives_its_turn_back() -> None:
    turns = Turns()
    with pytest.raises(ValueError, match="no"), turns:
        raise ValueError("no")
    with turns:
        assert turns.waiting == 0


def test_a_second_turn_inside_the_first_is_an_error_and_no_endless_wait() -> None:
    turns = Turns()
    with turns, pytest.raises(RuntimeError, match="writes already"), turns:
        raise AssertionError("never here")
    with turns:
        assert turns.waiting == 0
