"""The uplink against a real broker: what is journalled reaches central, whatever breaks between."""

import random
import secrets
import socket
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from edge.clock import open_clock
from edge.commands import Commands
from edge.health import Health
from edge.identity import open_identity
from edge.journal import Journal
from edge.relay import Relay
from edge.report import Reporter
from edge.roster import Roster
from edge.sending import Sending
from edge.settings import Broker, ClockSettings
from edge.uplink import LOOP, Parts, Uplink
from edge.wire.ack import Ack, Resend, encode_ack
from edge.wire.command import Command, encode_command
from edge.wire.config import Config, RosterEntry, encode_config
from edge.wire.events import Punch
from edge.wire.topics import Channel
from tests.waiting import until


class Sender:
    """A journal with its uplink: a station without a door."""

    def __init__(self, folder: Path, port: int, central, keepalive_s: int = 30, heartbeat_s: float = 60) -> None:
        self.clock = open_clock(ClockSettings(quality="ntp"))
        self.identity = open_identity(folder)
        self.health = Health(self.clock.mono_ns)
        self.health.watch(LOOP, 60)
        folder.joinpath("journal").mkdir(exist_ok=True)
        self.journal = Journal.open(
            folder / "journal", self.identity.device, self.clock.boot, "0.1", self.clock.stamp(),
            lambda: secrets.token_hex(8), segment_bytes=65536,
        )  # fmt: skip
        self.roster = Roster(folder, self.identity.device, central.verify)
        self.lost: list[tuple[str, object]] = []
        self.sending = Sending(random.random)
        reporter = Reporter(
            self.identity, self.journal, self.clock, self.roster, self.health, tuple, folder, "0.1", threading.Lock(),
            lambda now: now,
        )  # fmt: skip
        commands = Commands(folder, self.identity.device, {"send_all": self._send_all})
        parts = Parts(
            self.journal, self.clock, self.roster, self.health, reporter, commands, self.sending,
            lambda journal, spans: self.lost.append((journal, spans)), central.verify, random.random,
        )  # fmt: skip
        self.uplink = Uplink(Broker(port=port, keepalive_s=keepalive_s), heartbeat_s, parts)
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self.uplink.run, args=(self.stop,))

    def _send_all(self, arguments) -> str:
        self.sending.send_all()
        return "đang gửi"

    def __enter__(self) -> "Sender":
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.uplink.wake()
        self.thread.join(10)
        assert not self.thread.is_alive()
        self.journal.close()

    def tap(self, number: int = 1) -> None:
        self.journal.append(Punch(f"em:{number:08X}", "door"), self.clock.stamp())
        self.uplink.wake()

    def all_acknowledged(self) -> bool:
        return all(not self.journal.pending(said.journal) for said in self.journal.open_journals())


@pytest.fixture
def sender(tmp_path, broker, peer):
    made = Sender(tmp_path / "station", broker.port, peer.identity)
    peer.keys[made.identity.device] = made.identity
    with made:
        yield made


def test_a_birth_says_who_is_there_and_what_is_open(sender, peer):
    until(lambda: peer.births)
    birth = peer.births[-1]
    assert (birth.online, birth.journal, birth.connection) == (True, sender.journal.journal, 1)
    assert [(said.journal, said.head) for said in birth.journals] == [(sender.journal.journal, 1)]


def test_what_is_journalled_is_stored_and_then_acknowledged(sender, peer):
    until(lambda: peer.births)
    for number in range(20):
        sender.tap(number)
    until(lambda: len(peer.events(sender.identity.device, "punch")) == 20)
    until(sender.all_acknowledged)


def test_a_tap_reaches_central_without_waiting_for_a_heartbeat(sender, peer):
    """The next heartbeat is a minute away."""
    until(lambda: peer.events(sender.identity.device, "start"))
    sender.tap()
    until(lambda: peer.events(sender.identity.device, "punch"), 20)


def test_a_backlog_follows_in_batches_and_ends_with_a_seal(tmp_path, broker, peer):
    sender = Sender(tmp_path / "station", broker.port, peer.identity)
    peer.keys[sender.identity.device] = sender.identity
    for number in range(350):
        sender.tap(number)
    with sender:
        until(sender.all_acknowledged)
    assert len(peer.events(sender.identity.device, "punch")) == 350
    assert peer.batches[0].lines[0].startswith(b'{"seq":1,"kind":"start"')
    assert len(peer.batches) < 20
    assert max(seal.seq for seal in peer.seals) == 351


def test_without_an_acknowledgement_it_is_sent_again_by_the_timer(sender, peer):
    peer.answering = False
    sender.tap()
    until(lambda: len([batch for batch in peer.batches if batch.first <= 2 <= batch.last]) >= 2)
    assert not sender.all_acknowledged()
    peer.answering = True
    until(sender.all_acknowledged)
    assert len(peer.events(sender.identity.device, "punch")) == 1


def test_a_broker_that_is_killed_and_comes_back_empty_loses_nothing(sender, peer, broker):
    until(lambda: peer.births)
    peer.close()
    broker.kill()
    for number in range(30):
        sender.tap(number)
    broker.restart()
    peer.connect()
    until(sender.all_acknowledged)
    assert len(peer.events(sender.identity.device, "punch")) == 30
    assert peer.births[-1].connection > 1


def test_a_silent_network_is_found_by_keepalive(tmp_path, broker, peer):
    """A hole that takes bytes and answers none: the connection is made again, and nothing is lost."""
    relay = Relay(broker.host, broker.port)
    sender = Sender(tmp_path / "station", relay.open(), peer.identity, keepalive_s=2)
    peer.keys[sender.identity.device] = sender.identity
    with closing(relay), sender:
        until(lambda: peer.events(sender.identity.device, "start"))
        relay.cut()
        sender.tap()
        until(lambda: sender.health.counts().get("connection_lost"))
        relay.join()
        until(lambda: peer.events(sender.identity.device, "punch"))
        until(sender.all_acknowledged)


def test_central_asks_again_and_gets_it_or_is_told_what_is_lost(sender, peer):
    sender.tap()
    until(sender.all_acknowledged)
    journal = sender.journal.journal
    with peer.lock:
        peer.lines.clear()
    ack = Ack(journal, 0, resend=Resend(journal, 1, 2))
    peer.say(sender.identity.device, Channel.ACK, encode_ack(ack))
    until(lambda: len(peer.events(sender.identity.device)) == 2)
    until(sender.all_acknowledged)
    peer.say(sender.identity.device, Channel.ACK, encode_ack(Ack(journal, 0, resend=Resend("ab" * 8, 4, 9))))
    until(lambda: sender.lost == [("ab" * 8, ((4, 9),))])


def test_a_refusal_holds_the_events_shows_a_fault_and_a_new_birth_sends_them_again(sender, peer, broker):
    until(lambda: peer.births)
    until(sender.all_acknowledged)
    peer.refusing = "unregistered"
    sender.tap()
    until(lambda: "refused_unregistered" in sender.health.faults())
    peer.refusing = None
    assert not sender.all_acknowledged()
    peer.close()
    broker.kill()
    broker.restart()
    peer.connect()
    until(sender.all_acknowledged)
    assert sender.health.faults() == ()


def test_heartbeats_carry_a_seal_over_everything_journalled(tmp_path, broker, peer):
    sender = Sender(tmp_path / "station", broker.port, peer.identity, heartbeat_s=0.3)
    peer.keys[sender.identity.device] = sender.identity
    with sender:
        sender.tap()
        until(lambda: any(seal.seq == 2 for seal in peer.seals))
        until(sender.all_acknowledged)
        until(lambda: peer.heartbeats and peer.heartbeats[-1].oldest_unacked_s is None)
    heartbeat = peer.heartbeats[-1]
    assert (heartbeat.journal, heartbeat.more) == (sender.journal.journal, 0)
    assert heartbeat.disk_free_bytes


def test_a_configuration_is_applied_and_bad_messages_change_nothing(sender, peer):
    device = sender.identity.device
    until(lambda: peer.births)
    config = Config(device, 7, "Xã Một", "Cửa chính", (RosterEntry("em:008EB2F9", "Đạt", "active"),))
    other = open_identity(sender.roster._path.parent / "stranger")
    peer.say(device, Channel.CFG, encode_config(config, other.sign))
    peer.say(device, Channel.ACK, b"{not json")
    peer.say(device, Channel.CMD, b"\xff\n\n")
    peer.say(device, Channel.CFG, encode_config(config, peer.identity.sign))
    until(lambda: sender.roster.view.version == 7)
    assert sender.health.counts()["bad_message"] == 3
    assert sender.health.counts().get("connection_lost") is None


def test_a_command_is_done_once_and_answered(sender, peer):
    until(lambda: peer.births)
    command = Command(sender.identity.device, "c1", time.time_ns() // 1_000_000 + 60_000, "send_all")
    for _ in range(2):
        peer.say(sender.identity.device, Channel.CMD, encode_command(command, peer.identity.sign))
    until(lambda: len(peer.results) == 2)
    assert [(result.id, result.code, result.detail) for result in peer.results] == [("c1", "done", "đang gửi")] * 2


def test_an_ordered_end_is_said(tmp_path, broker, peer):
    sender = Sender(tmp_path / "station", broker.port, peer.identity)
    peer.keys[sender.identity.device] = sender.identity
    with sender:
        until(lambda: peer.births)
    until(lambda: not peer.births[-1].online)
    assert len(peer.births) == 2


def test_a_refused_connection_is_a_fault_and_is_tried_again(tmp_path, peer):
    with socket.create_server(("127.0.0.1", 0)) as server:
        sender = Sender(tmp_path / "station", server.getsockname()[1], peer.identity)
        with sender:
            line, _ = server.accept()
            with line:
                line.recv(4096)
                line.sendall(b"\x20\x02\x00\x05")  # CONNACK: not authorized
                until(lambda: sender.health.faults() == ("broker_refused",))
            server.settimeout(10)
            server.accept()[0].close()
