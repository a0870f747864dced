"""Numbered server-sent events with an epoch: what a browser missed is replayed, or it is told to start afresh.

A feed lives in one process and has a random epoch; an event's id is `epoch-number`. A client that comes back with an id
of this epoch, not too far behind, gets what it missed; any other gets `reset` and loads the page again. Clients that do
not keep up are never waited for: they read from the same ring, and fall out of it.
"""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass

KEEPALIVE_S = 15
CAPACITY_BYTES = 8 * 1024 * 1024
"""A large unit is a piece of some hundred kilobytes: two thousand of them would be most of a small server's memory."""
_ID = re.compile(r"([0-9a-f]{1,32})-([0-9]{1,15})")


@dataclass(frozen=True, slots=True)
class Message:
    """One event of a feed, ready for the wire."""

    number: int
    text: bytes


def event(kind: str, content: str) -> bytes:
    """One event without a number, ready for the wire; the lines of content are kept."""
    lines = "".join(f"data: {line}\n" for line in content.split("\n"))
    return f"event: {kind}\n{lines}\n".encode()


class Feed:
    """One stream of events, the newest kept as far as `capacity` and `capacity_bytes` allow. Everything runs in the
    server's event loop."""

    def __init__(self, epoch: str, capacity: int = 2000, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self.epoch = epoch
        self._ring: deque[Message] = deque()
        self._capacity, self._capacity_bytes = capacity, capacity_bytes
        self.kept_bytes = 0
        self._number = 0
        self._changed = asyncio.Condition()
        self._closed = False
        self.clients = 0

    async def publish(self, kind: str, content: str) -> int:
        """Add an event; content is one text, its lines are kept. Returns its number."""
        self._number += 1
        text = f"id: {self.epoch}-{self._number}\n".encode() + event(kind, content)
        self._keep(Message(self._number, text))
        async with self._changed:
            self._changed.notify_all()
        return self._number

    def _keep(self, message: Message) -> None:
        self._ring.append(message)
        self.kept_bytes += len(message.text)
        while len(self._ring) > self._capacity or (len(self._ring) > 1 and self.kept_bytes > self._capacity_bytes):
            self.kept_bytes -= len(self._ring.popleft().text)

    @property
    def last_id(self) -> str:
        """The id after which nothing has happened yet: a page that shows everything so far goes on from here."""
        return f"{self.epoch}-{self._number}"

    async def close(self) -> None:
        """End every client's stream (the server stops)."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()

    def place(self, last_id: str | None) -> int | None:
        """The number after which a client goes on: None = it must start afresh. No id = from now on."""
        if last_id is None:
            return self._number
        match = _ID.fullmatch(last_id)
        if not match or match[1] != self.epoch:
            return None
        number = int(match[2])
        oldest = self._ring[0].number if self._ring else self._number + 1
        return number if oldest - 1 <= number <= self._number else None

    async def stream(self, last_id: str | None) -> AsyncIterator[bytes]:
        """The bytes for one client, for ever."""
        place = self.place(last_id)
        yield f"retry: 2000\nid: {self.epoch}-{self._number if place is None else place}\n".encode()
        if place is None:
            yield b"event: reset\ndata: \n\n"
            place = self._number
        else:
            yield b"event: hello\ndata: \n\n"
        self.clients += 1
        try:
            while not self._closed:
                fresh = [message for message in self._ring if message.number > place]
                if fresh and fresh[0].number > place + 1:
                    yield f"id: {self.epoch}-{self._number}\nevent: reset\ndata: \n\n".encode()
                elif fresh:
                    yield b"".join(message.text for message in fresh)
                place = fresh[-1].number if fresh else place
                if not fresh and not await self._wait(place):
                    yield b": alive\n\n"
        finally:
            self.clients -= 1

    async def _wait(self, place: int) -> bool:
        """Wait for something after `place`; False when nothing came for KEEPALIVE_S."""
        async with self._changed:
            news = self._changed.wait_for(lambda: self._number > place or self._closed)
            try:
                await asyncio.wait_for(news, KEEPALIVE_S)
            except TimeoutError:
                return False
        return True
