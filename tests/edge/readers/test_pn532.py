"""The PN532: its frames, one line a case, and the conversation with the chip."""

import pytest

from edge.readers.pn532 import FEW_RETRIES, FIELD_OFF, POLL, SAM_OFF, WAKE, Pn532
from edge.readers.pn532_frames import ACK_FRAME, framed

MS = 1_000_000
ACK = bytes.fromhex("0000FF00FF00")
NACK = bytes.fromhex("0000FFFF0000")


def chip(content: str, head: bytes = b"\x00\x00\xff") -> bytes:
    body = b"\xd5" + bytes.fromhex(content)
    return head + bytes([len(body), -len(body) & 255]) + body + bytes([-sum(body) & 255, 0])


def target(uid: str, ats: str = "") -> bytes:
    return chip(f"4B0101000408{len(uid) // 2:02X}{uid}{ats}")


CARD = target("DE3A5B7C")
EMPTY = chip("4B00")


def said(stream: bytes) -> str:
    reader = Pn532("r", recorded=True)
    events = reader.feed(stream, 0) + reader.tick(10_000 * MS)
    return " ".join(event.badge or str(event.error) for event in events)


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (ACK + CARD, "nfca:DE3A5B7C"),
        (CARD, "nfca:DE3A5B7C"),
        (ACK + CARD[2:-1], "nfca:DE3A5B7C"),
        (b"\x00" * 20 + ACK + CARD, "nfca:DE3A5B7C"),
        (ACK + target("0416C6C2D73881"), "nfca:0416C6C2D73881"),
        (ACK + target("0416C6C2D73881", "067577810280"), "nfca:0416C6C2D73881"),
        (ACK + target("0416C6C2D73881AABBCC"), "nfca:0416C6C2D73881AABBCC"),
        (ACK + b"\x00\x00\xff\xff\xff\x00\x0c\xf4" + CARD[5:], "nfca:DE3A5B7C"),
        (chip("03320106") + CARD, "nfca:DE3A5B7C"),  # an answer to another command is skipped
        (framed(POLL) + ACK + CARD, "nfca:DE3A5B7C"),  # a line that echoes
        (ACK + EMPTY, "no_target"),
        (ACK + chip("4B02"), "multi_target"),
        (ACK + target("08A1B2C3"), "random_uid"),
        (ACK + target("880416C6"), "cascade_incomplete"),
        (ACK + target("00000000"), "all_zero"),
        (ACK + target("DE3A5B7C01"), "bad_length"),
        (ACK + chip("4B01010004080ADE3A5B7C"), "bad_length"),
        (ACK + chip("4B0101"), "bad_length"),
        (ACK + chip("4B"), "bad_length"),
        (NACK, "nack"),
        (ACK + bytes.fromhex("0000FF01FF7F8100"), "error_frame"),
        (ACK + CARD[:-2] + b"\x00\x00", "bad_dcs"),
        (ACK + CARD[:4] + b"\xf5" + CARD[5:], "bad_lcs"),
        (ACK + b"\x00\x00\xff\xff\xff\x02\x00\xfe", "bad_length"),
        (ACK + b"\x00\x00\xff\x00\x00", "bad_length"),
        (ACK + CARD[:9], "truncated"),
        (ACK, "no_response"),
        (b"", "no_response"),
        (b"\x55\xaa\x12" + ACK + CARD, "noise nfca:DE3A5B7C"),
    ],
)
def test_frames_and_what_is_said_of_them(stream, expected):
    assert said(stream) == expected


@pytest.mark.parametrize("cut", range(3, len(CARD) - 1))
def test_a_frame_cut_short_does_not_hide_the_one_after_the_silence(cut):
    reader = Pn532("r", recorded=True)
    assert [str(e.error) for e in reader.feed(CARD[:cut], 0) + reader.tick(100 * MS)] == ["truncated"]
    [read] = reader.feed(CARD, 200 * MS)
    assert read.badge == "nfca:DE3A5B7C"


class Chip:
    """Plays the chip's half by the book: acknowledges and answers what it was sent."""

    def __init__(self) -> None:
        self.reader = Pn532("r")
        self.now_ms = 0
        self.sent: list[bytes] = []
        self.card: bytes | None = None

    def run(self, ms: int, *, acks: bool = True, answers: bool = True) -> list:
        events = []
        for _ in range(ms // 10):
            self.now_ms += 10
            events += self.reader.tick(self.now_ms * MS)
            for request in self.reader.requests():
                self.sent.append(request)
                if acks and request != ACK_FRAME:
                    events += self.reader.feed(ACK + (self.answer(request) if answers else b""), self.now_ms * MS)
        return events

    def answer(self, request: bytes) -> bytes:
        if request.endswith(framed(POLL)):
            return self.card or EMPTY
        return chip("15" if request.endswith(framed(SAM_OFF)) else "33")


def test_it_is_woken_set_up_and_asked_ten_times_a_second():
    talk = Chip()
    assert talk.run(1000) == []
    assert talk.sent[:3] == [WAKE + framed(SAM_OFF), framed(FEW_RETRIES), framed(POLL)]
    assert talk.sent[3:5] == [framed(FIELD_OFF), framed(POLL)]
    assert 8 <= talk.sent.count(framed(POLL)) <= 10


def test_a_card_is_read_at_every_poll_while_it_is_there():
    talk = Chip()
    talk.run(200)
    talk.card = CARD
    reads = talk.run(250)
    assert len(reads) >= 2
    assert {event.badge for event in reads} == {"nfca:DE3A5B7C"}
    talk.card = None
    assert talk.run(500) == []


def test_a_command_without_acknowledgement_is_sent_three_times_and_then_everything_is_set_up_anew():
    talk = Chip()
    talk.run(300)
    talk.sent.clear()
    [error] = talk.run(1200, acks=False)
    assert str(error.error) == "no_response"
    command = talk.sent[0]
    assert talk.sent[:4] == [command, command, command, ACK_FRAME]
    talk.sent.clear()
    talk.run(1500)
    assert talk.sent[0] == WAKE + framed(SAM_OFF)
    talk.card = CARD
    assert talk.run(300)


def test_an_acknowledged_command_without_an_answer_is_cancelled():
    talk = Chip()
    talk.run(300)
    talk.sent.clear()
    [error] = talk.run(1500, answers=False)
    assert str(error.error) == "no_response"
    assert talk.sent[1] == ACK_FRAME


def test_a_chip_that_is_silent_from_the_beginning_is_asked_for_ever():
    talk = Chip()
    errors = talk.run(30_000, acks=False)
    assert {str(error.error) for error in errors} == {"no_response"}
    assert 3 <= len(errors) <= 15
    talk.card = CARD
    assert talk.run(4000)
