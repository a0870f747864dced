"""The scheduler of the uplink: order, window, timers, and that nothing is ever forgotten."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.journal.spans import union
from edge.sending import (
    BACKLOG_WINDOW,
    HOLD_MS,
    RESEND_LEAST_MS,
    RESEND_MOST_MS,
    WINDOW,
    Choice,
    Pending,
    Sending,
)
from edge.wire.ack import Refused

OLD, NOW = "0" * 16, "f" * 16


def sending(head: int = 1, draw: float = 0.999) -> Sending:
    made = Sending(lambda: draw)
    made.connected(NOW, head)
    return made


def drain(made: Sending, pending: list[Pending], now_ms: int = 0) -> list[Choice]:
    """Choose and send until the scheduler holds back."""
    found: list[Choice] = []
    while choice := made.choose(pending, now_ms):
        made.sent(choice.journal, choice.first, choice.last, now_ms)
        found.append(choice)
    return found


def named(choices: list[Choice]) -> list[tuple[str, int, int]]:
    return [(choice.journal, choice.first, choice.last) for choice in choices]


def test_nothing_is_sent_without_a_connection():
    made = Sending(lambda: 0.5)
    assert made.choose([Pending(NOW, ((1, 5),))], 0) is None
    made.connected(NOW, 5)
    assert made.choose([Pending(NOW, ((1, 5),))], 0) is not None
    made.disconnected()
    assert made.choose([Pending(NOW, ((1, 5),))], 0) is None


def test_the_start_goes_first_then_taps_made_since_then_the_backlog_oldest_first():
    pending = [Pending(OLD, ((7, 9),)), Pending(NOW, ((1, 6),))]
    assert named(drain(sending(head=4), pending)) == [(NOW, 1, 1), (NOW, 5, 6), (OLD, 7, 9)]


def test_a_batch_holds_at_most_a_hundred_events():
    assert named(drain(sending(head=1), [Pending(OLD, ((1, 250),)), Pending(NOW, ())])) == [
        (OLD, 1, 100),
        (OLD, 101, 200),
        (OLD, 201, 250),
    ]


def test_only_the_last_batch_of_the_backlog_closes_it():
    choices = drain(sending(head=1), [Pending(OLD, ((1, 250),)), Pending(NOW, ())])
    assert [choice.closes for choice in choices] == [False, False, True]


def test_a_tap_finds_a_free_place_beside_a_full_backlog():
    made = sending(head=1)
    assert len(drain(made, [Pending(OLD, ((1, 900),)), Pending(NOW, ())])) == BACKLOG_WINDOW
    assert named(drain(made, [Pending(OLD, ((1, 900),)), Pending(NOW, ((2, 2),))])) == [(NOW, 2, 2)]
    assert made.in_flight() == WINDOW


def test_at_most_four_batches_are_unacknowledged():
    made = sending(head=0)
    for seq in range(1, 10):
        drain(made, [Pending(NOW, ((1, seq),))])
    assert made.in_flight() == WINDOW


def test_an_acknowledgement_frees_the_place():
    made = sending(head=1)
    drain(made, [Pending(OLD, ((1, 900),)), Pending(NOW, ())])
    made.acknowledged(True, 0, 10)
    assert named(drain(made, [Pending(OLD, ((1, 100), (201, 900))), Pending(NOW, ())], 10)) == [(OLD, 301, 400)]


def test_what_is_not_acknowledged_is_sent_again_by_a_timer_that_doubles_to_a_minute():
    made = sending(head=1)
    pending = [Pending(OLD, ((1, 1),)), Pending(NOW, ())]
    at, waits = 0, []
    for _ in range(7):
        drain(made, pending, at)
        due = next(ms for ms in range(at, at + 70_000) if made.choose(pending, ms))
        waits.append(due - at)
        at = due
    assert waits[:4] == [4995, 9990, 19980, 39960]
    assert waits[4:] == [59940] * 3
    assert max(waits) <= RESEND_MOST_MS


def test_full_jitter_never_draws_less_than_central_needs():
    made = sending(head=1, draw=0.0)
    pending = [Pending(OLD, ((1, 1),)), Pending(NOW, ())]
    drain(made, pending, 0)
    assert made.choose(pending, RESEND_LEAST_MS - 1) is None
    assert made.choose(pending, RESEND_LEAST_MS) is not None


def test_when_central_is_back_a_long_timer_is_cut_short():
    made = sending(head=1)
    pending = [Pending(OLD, ((1, 150),)), Pending(NOW, ())]
    for at in (0, 5_000, 15_000, 35_000):
        drain(made, pending, at)
    assert made.choose(pending, 41_000) is None
    made.acknowledged(True, 0, 41_000)
    assert made.choose([Pending(OLD, ((101, 150),)), Pending(NOW, ())], 46_000) is not None


def test_refused_events_wait_until_central_asks_for_them():
    made = sending(head=3)
    pending = [Pending(NOW, ((1, 3),))]
    drain(made, pending)
    made.refused(NOW, [Refused(1, 3, "unregistered")], 0)
    assert made.choose(pending, 500_000) is None
    made.asked(NOW, 1, 2)
    assert named(drain(made, pending, 500_001)) == [(NOW, 1, 1), (NOW, 2, 2)]


def test_refused_events_are_sent_again_at_a_new_birth():
    made = sending(head=3)
    drain(made, [Pending(NOW, ((1, 3),))])
    made.refused(NOW, [Refused(1, 3, "revoked")], 0)
    made.connected(NOW, 3)
    assert named(drain(made, [Pending(NOW, ((1, 3),))])) == [(NOW, 1, 1), (NOW, 2, 3)]


def test_a_refusal_of_what_never_went_out_is_not_believed():
    """An `ack` is not signed: a forged one must not stop a door."""
    made = sending(head=3)
    assert not made.refused(NOW, [Refused(1, 10**15, "unregistered")], 0)
    assert not made.refused("ab" * 8, [Refused(1, 10**15, "unregistered")], 0)
    assert named(drain(made, [Pending(NOW, ((1, 3),))])) == [(NOW, 1, 1), (NOW, 2, 3)]


def test_a_refusal_that_is_never_heard_again_ends_after_a_while():
    made = sending(head=3)
    pending = [Pending(NOW, ((1, 3),))]
    drain(made, pending)
    assert made.refused(NOW, [Refused(1, 3, "unregistered")], 0)
    assert made.refused(NOW, [Refused(1, 3, "unregistered")], HOLD_MS - 1), "hearing it twice makes it no longer"
    assert made.choose(pending, HOLD_MS - 1) is None
    assert named(drain(made, pending, HOLD_MS)) == [(NOW, 1, 1), (NOW, 2, 3)]


def test_a_pause_holds_back_the_backlog_only():
    made = sending(head=1)
    made.acknowledged(False, 2_000, 100)
    pending = [Pending(OLD, ((1, 5),)), Pending(NOW, ((2, 2),))]
    assert named(drain(made, pending, 1_000)) == [(NOW, 2, 2)]
    assert named(drain(made, pending, 2_100)) == [(OLD, 1, 5)]


def test_send_all_forgets_timers_pauses_and_refusals():
    made = sending(head=3)
    pending = [Pending(NOW, ((1, 3),))]
    drain(made, pending)
    made.refused(NOW, [Refused(1, 1, "unregistered")], 0)
    made.acknowledged(False, 60_000, 0)
    made.send_all()
    assert named(drain(made, pending, 1)) == [(NOW, 1, 1), (NOW, 2, 3)]


def test_batches_that_are_never_answered_do_not_block_fresher_ones():
    made = sending(head=1)
    poison = [Pending(OLD, ((1, 300),)), Pending(NOW, ())]
    at, sent = 0, []
    while (OLD, 301, 310) not in sent and at < 600_000:
        at += 1_000
        sent += named(drain(made, [Pending(OLD, ((1, 310),)), poison[1]], at))
    assert (OLD, 301, 310) in sent


class World:
    """A station with one old journal and the current one, and a central that answers as badly as it may."""

    def __init__(self, old: int, draws: Random) -> None:
        self.draws = draws
        self.at = 0
        self.head = 1
        self.unacked = {OLD: set(range(1, old + 1)), NOW: {1}}
        self.refused: dict[str, set[int]] = {}
        self.went: dict[str, set[int]] = {}
        self.delivered: list[tuple[str, set[int]]] = []
        self.sending = Sending(draws.random)
        self.birth()

    def birth(self) -> None:
        self.sending.connected(NOW, self.head)
        self.refused = {OLD: set(), NOW: set()}
        self.went = {OLD: set(), NOW: set()}

    def send(self, wait_ms: int) -> None:
        self.at += wait_ms
        pending = [Pending(j, union(tuple((seq, seq) for seq in self.unacked[j]))) for j in (OLD, NOW)]
        for choice in drain(self.sending, pending, self.at):
            batch = set(range(choice.first, choice.last + 1))
            assert batch <= self.unacked[choice.journal], "sent again after its acknowledgement"
            assert not batch & self.refused[choice.journal], "sent although refused"
            assert len(batch) <= 100
            self.delivered.append((choice.journal, batch))
            self.went[choice.journal] |= batch
        assert self.sending.in_flight() <= WINDOW

    def tap(self) -> None:
        self.head += 1
        self.unacked[NOW].add(self.head)

    def pause(self) -> None:
        self.sending.acknowledged(False, self.draws.randrange(3_000), self.at)

    def acknowledge(self) -> None:
        """All of some batch or half of it, of long ago or for the second time; those never picked are lost."""
        journal, batch = self.draws.choice(self.delivered)
        known = {seq for seq in batch if seq % self.draws.choice((1, 2)) == 0}
        self.sending.acknowledged(bool(known & self.unacked[journal]), 0, self.at)
        self.unacked[journal] -= known

    def refuse(self) -> None:
        journal, batch = self.draws.choice(self.delivered)
        self.sending.refused(journal, [Refused(min(batch), max(batch), "unregistered")], self.at)
        self.refused[journal] |= batch & self.went[journal]

    def ask(self) -> None:
        journal, batch = self.draws.choice(self.delivered)
        self.sending.asked(journal, min(batch), max(batch))
        self.refused[journal] -= batch
        self.unacked[journal] |= batch


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 260), st.integers(0, 25), st.randoms(use_true_random=False))
def test_whatever_answers_come_all_is_delivered_nothing_again_after_its_ack_and_the_window_holds(old, turns, draws):
    world = World(old, draws)
    for _ in range(turns):
        world.send(draws.randrange(4_000))
        draws.choice(
            [world.acknowledge, world.acknowledge, world.refuse, world.ask, world.tap, world.birth, world.pause]
        )()
    world.birth()
    for _ in range(400):
        world.delivered.clear()
        world.send(1_000)
        for journal, batch in world.delivered:
            world.unacked[journal] -= batch
        world.sending.acknowledged(True, 0, world.at)
    assert world.unacked == {OLD: set(), NOW: set()}
