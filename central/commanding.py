"""What stations are asked to do goes out through the collector, signed; each command once, whoever collects."""

from collections.abc import Callable

from central.clock import Clock
from central.store import Store, asked
from edge.wire.command import Command, encode_command
from edge.wire.notes import Sign


def send_asked(store: Store, clock: Clock, sign: Sign, publish: Callable[[str, bytes], bool]) -> int:
    """Send every command that nobody has sent and that is still wanted. publish: (device, payload), False where there
    is no connection: the next round tries again. Returns how many went out. A command that two collectors send is done
    once, by its id."""
    now_ms, count = clock.now_ms(), 0
    with store.read() as db:
        waiting = asked.unsent(db, now_ms)
    for one in waiting:
        payload = encode_command(Command(one.device, one.id, one.expires_ms, one.operation), sign)
        if not publish(one.device, payload):
            break
        with store.write() as db:
            asked.sent(db, one.id, now_ms)
        count += 1
    return count
