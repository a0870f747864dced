"""Messages of a group -> what is to be placed, heard, quarantined and refused, before any lock is taken."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from central.intaking.answers import Answers
from central.intaking.hearing import Spoken
from central.intaking.reading import Delivery, Message, read_up
from central.intaking.registry import Registry
from central.store.decisions import Answered
from central.store.quarantine import Held
from edge.wire import WireError
from edge.wire.ack import Refused
from edge.wire.batch import MAX_ACCEPTED_BYTES, decode_batch
from edge.wire.command import decode_result
from edge.wire.notes import Seal, SignatureError, decode_seal
from edge.wire.status import decode_heartbeat, decode_status
from edge.wire.topics import Address, Channel, parse_topic


@dataclass(slots=True)
class Sorted:
    """A group of messages, read. seals: verified, each with its note and receipt."""

    deliveries: list[Delivery] = field(default_factory=list)
    spoken: list[Spoken] = field(default_factory=list)
    seals: list[tuple[Seal, bytes, int]] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    results: list[Answered] = field(default_factory=list)
    answers: Answers = field(default_factory=Answers)


def sort_messages(messages: Iterable[Message], registry: Registry) -> Sorted:
    """Read every message; what cannot be read is held for quarantine and never in the way of the next."""
    group = Sorted()
    for message in messages:
        try:
            address = parse_topic(message.topic)
        except WireError as error:
            group.held.append(_held(message, None, "unreadable", error))
            continue
        _READERS.get(address.channel, _ignore)(group, message, address, registry)
    return group


def _ignore(group: Sorted, message: Message, address: Address, registry: Registry) -> None:
    """What central itself says is none of its business."""


def _sort_result(group: Sorted, message: Message, address: Address, registry: Registry) -> None:
    unwelcome = registry.unwelcome(address.device)
    if unwelcome is not None:
        group.held.append(_held(message, address.device, unwelcome.code, unwelcome.problem, once=True))
        return
    try:
        result = decode_result(message.payload)
        if result.device != address.device:
            raise WireError(f"result of device {result.device} on the topic of {address.device}")
    except WireError as error:
        group.held.append(_held(message, address.device, "unreadable", error))
        return
    group.results.append(Answered(result.device, result.id, result.code, result.detail, message.received_ms))


def _held(message: Message, device: str | None, code: str, problem: object, *, once: bool = False) -> Held:
    payload = message.payload
    text = str(problem)
    if len(payload) > MAX_ACCEPTED_BYTES:
        code, text = "oversized", f"{len(payload)} bytes, the first {MAX_ACCEPTED_BYTES} are kept: {text}"
        payload = payload[:MAX_ACCEPTED_BYTES]
    return Held(message.topic, device, code, text, payload, message.received_ms, once)


def _sort_up(group: Sorted, message: Message, address: Address, registry: Registry) -> None:
    unwelcome = registry.unwelcome(address.device)
    if unwelcome is not None:
        group.held.append(_held(message, address.device, unwelcome.code, unwelcome.problem))
        _refuse(group, message, address, unwelcome.code)
        return
    try:
        delivery = read_up(message, address)
    except WireError as error:
        group.held.append(_held(message, address.device, "unreadable", error))
        _refuse(group, message, address, "unreadable")
        return
    if delivery.unreadable:
        seq, problem = delivery.unreadable[0]
        more = f" ({len(delivery.unreadable)} lines)" if len(delivery.unreadable) > 1 else ""
        group.held.append(_held(message, address.device, "unreadable", f"seq {seq}: {problem}{more}"))
    group.deliveries.append(delivery)
    group.answers.tell(delivery.key, [Refused(seq, seq, "unreadable") for seq, _ in delivery.unreadable])
    if delivery.batch.seal is not None:
        _sort_seal(group, message, address, delivery.batch.seal, registry)


def _refuse(group: Sorted, message: Message, address: Address, code: str) -> None:
    """Say which seqs are refused, where the message shows at least that."""
    try:
        batch = decode_batch(message.payload)
    except WireError:
        return
    if batch.device == address.device:
        group.answers.tell((batch.device, batch.journal), [Refused(batch.first, batch.last, code)])


def _sort_seal(group: Sorted, message: Message, address: Address, note: bytes, registry: Registry) -> None:
    try:
        seal = decode_seal(note, registry.verify(address.device))
        if seal.device != address.device:
            raise WireError(f"seal of device {seal.device} in a message of {address.device}")
    except WireError as error:
        code = "signature" if isinstance(error, SignatureError) else "unreadable"
        group.held.append(_held(message, address.device, code, error))
    else:
        group.seals.append((seal, note, message.received_ms))


def _sort_word(group: Sorted, message: Message, address: Address, registry: Registry) -> None:
    unwelcome = registry.unwelcome(address.device)
    if unwelcome is not None:
        group.held.append(_held(message, address.device, unwelcome.code, unwelcome.problem, once=True))
        return
    try:
        spoken = _read_word(message, address, registry)
        if spoken.said.device != address.device:
            raise WireError(f"word of device {spoken.said.device} on the topic of {address.device}")
    except WireError as error:
        code = "signature" if isinstance(error, SignatureError) else "unreadable"
        group.held.append(_held(message, address.device, code, error))
        return
    group.spoken.append(spoken)
    if spoken.seal is not None:
        _sort_seal(group, message, address, spoken.seal, registry)


def _read_word(message: Message, address: Address, registry: Registry) -> Spoken:
    verify = registry.verify(address.device)
    line = message.payload.partition(b"\n")[0]
    if address.channel is Channel.ST:
        return Spoken(decode_status(message.payload, verify), message.received_ms, line.decode("utf-8", "replace"))
    beat = decode_heartbeat(message.payload, verify)
    return Spoken(beat.heartbeat, message.received_ms, line.decode("utf-8", "replace"), beat.seal)


_READERS: dict[Channel, Callable[[Sorted, Message, Address, Registry], None]] = {
    Channel.UP: _sort_up,
    Channel.ST: _sort_word,
    Channel.HB: _sort_word,
    Channel.RES: _sort_result,
}
