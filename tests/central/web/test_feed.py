"""What a browser gets when it connects, comes back, or was away for too long."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from central.web.feed import Feed


async def published(feed: Feed, count: int) -> Feed:
    for number in range(count):
        await feed.publish("unit", f"{number}")
    return feed


async def taken(feed: Feed, last_id: str | None, until: bytes) -> bytes:
    """What a client reads until `until` has come."""
    got = b""
    async for part in feed.stream(last_id):
        got += part
        if until in got:
            return got
    return got


def test_a_new_client_gets_what_happens_from_now_on():
    async def scene() -> bytes:
        feed = await published(Feed("e0"), 3)
        reading = asyncio.create_task(taken(feed, None, b"news"))
        while not feed.clients:
            await asyncio.sleep(0)
        await feed.publish("unit", "news")
        return await asyncio.wait_for(reading, 5)

    got = asyncio.run(scene())
    assert b"id: e0-4\nevent: unit\ndata: news\n\n" in got
    assert b"data: 0" not in got


def test_a_client_that_comes_back_gets_what_it_missed():
    async def scene() -> bytes:
        return await taken(await published(Feed("e0"), 5), "e0-2", b"data: 4")

    got = asyncio.run(scene())
    assert [line for line in got.split(b"\n") if line.startswith(b"data: ") and line[6:]] == [
        b"data: 2",
        b"data: 3",
        b"data: 4",
    ]


def test_a_client_of_another_process_starts_afresh():
    async def scene() -> bytes:
        return await taken(await published(Feed("e1"), 5), "e0-2", b"reset")

    assert b"id: e1-5\nevent: reset" in asyncio.run(scene()).replace(b"retry: 2000\n", b"")


def test_large_pieces_are_kept_as_far_as_memory_is_meant_for_them():
    async def scene() -> Feed:
        feed = Feed("e0", capacity_bytes=10_000)
        for _ in range(100):
            await feed.publish("unit", "x" * 1_000)
        return feed

    feed = asyncio.run(scene())
    assert feed.place("e0-50") is None
    assert feed.place("e0-95") == 95
    assert feed.kept_bytes <= 10_000


def test_a_piece_larger_than_all_memory_meant_for_them_arrives_all_the_same():
    async def scene() -> bytes:
        feed = Feed("e0", capacity_bytes=10)
        reading = asyncio.create_task(taken(feed, None, b"xxx"))
        while not feed.clients:
            await asyncio.sleep(0)
        await feed.publish("unit", "x" * 1_000)
        return await asyncio.wait_for(reading, 5)

    assert b"id: e0-1\nevent: unit\ndata: xxx" in asyncio.run(scene())


def test_a_client_too_far_behind_starts_afresh():
    async def scene() -> bytes:
        return await taken(await published(Feed("e0", capacity=3), 10), "e0-2", b"reset")

    assert b"event: reset" in asyncio.run(scene())


def test_a_text_of_several_lines_stays_one_event():
    async def scene() -> bytes:
        feed = Feed("e0")
        await feed.publish("unit", "one\ntwo")
        return await taken(feed, "e0-0", b"two")

    assert b"data: one\ndata: two\n\n" in asyncio.run(scene())


def test_closing_ends_every_client():
    async def scene() -> bool:
        feed = Feed("e0")
        reading = asyncio.create_task(taken(feed, None, b"never"))
        while not feed.clients:
            await asyncio.sleep(0)
        await feed.close()
        await asyncio.wait_for(reading, 5)
        return feed.clients == 0

    assert asyncio.run(scene())


@given(st.integers(0, 30), st.one_of(st.none(), st.integers(-2, 40).map(lambda n: f"e0-{n}"), st.text(max_size=9)))
def test_nobody_ever_misses_an_event_unknowingly(count: int, last_id: str | None):
    async def scene() -> int | None:
        return (await published(Feed("e0", capacity=8), count)).place(last_id)

    place = asyncio.run(scene())
    assert place is None or count - 8 <= place <= count
