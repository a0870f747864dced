"""A broker of one's own, on loopback, as a child process: Mosquitto when it is on the machine, else iotcore.

The demo, the tests and the benchmarks start their broker here and nowhere else. Which of the two it is makes no
difference to them, but that iotcore keeps nothing over a restart and speaks MQTT 5 on a port of its own.
`tests/deploy/test_broker.py` holds both to the same promises.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

HANDED_OUT = Path("/proc/sys/net/ipv4/ip_local_port_range")
LOWEST_PORT = 10_240
Kind = Literal["mosquitto", "iotcore"]
CONFIGURATION = Path(__file__).parent / "mosquitto" / "mosquitto.conf"
PLACES = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"))
START_S = 20
TRIES = 5
MAX_PACKET_BYTES = 4_259_840
"""The biggest configuration (4 MiB, edge/wire/config.py) and its topic, as in mosquitto.conf."""
CONNECT = bytes.fromhex("100e00044d5154540402000a00027030")  # MQTT 3.1.1, clean session, client "p0"
CONNACK = bytes.fromhex("20020000")
# rumqttd's own defaults listen on all addresses and refuse payloads above 20 KiB; a listener speaks one protocol.
IOTCORE_HEAD = """\
id = 0
[router]
id = 0
max_connections = 10000
max_outgoing_packet_count = 200
max_segment_size = 16777216
max_segment_count = 16
"""
IOTCORE_LISTENER = """\
[{protocol}.1]
name = "{protocol}"
listen = "127.0.0.1:{port}"
next_connection_delay_ms = 1
[{protocol}.1.connections]
connection_timeout_ms = 60000
max_payload_size = {payload}
max_inflight_count = 200
"""


class BrokerError(RuntimeError):
    """The broker did not start; the message holds what it said."""


def find_mosquitto() -> str | None:
    """Mosquitto's path, None where it is not installed (Debian keeps it in /usr/sbin)."""
    return shutil.which("mosquitto", path=PLACES)


@dataclass(slots=True)
class Broker:
    """A running broker. port: MQTT 3.1.1; port_v5: MQTT 5, the same port on Mosquitto."""

    kind: Kind
    folder: Path
    port: int
    port_v5: int
    persistent: bool
    process: subprocess.Popen[bytes] = field(repr=False)
    host: str = "127.0.0.1"
    secured: bool = False

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def shared_subscriptions(self) -> bool:
        """Whether central may use `$share/...`.

        Both kinds hand each message to one of the subscribers, but iotcore starves a shared subscription that is made
        after a plain one with a wider filter (somebody looks at `dd/1/#`): measured, November 2026.
        """
        return self.kind == "mosquitto"

    def stop(self) -> None:
        """End it in order (SIGTERM), the hard way after five seconds."""
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """SIGKILL; returns when it is gone."""
        self.process.kill()
        self.process.wait()

    def restart(self) -> None:
        """Start it again on the same ports and folder, after stop() or kill()."""
        if self.secured:
            self.process = _launched(_secured(self.folder), self.folder, self.port)
        else:
            self.process = _started(self.kind, self.folder, (self.port, self.port_v5), self.persistent)

    def __enter__(self) -> "Broker":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()


def start_broker(
    folder: Path, port: int = 0, kind: Literal["auto", "mosquitto", "iotcore"] = "auto", persistent: bool = False
) -> Broker:
    """Start a broker on 127.0.0.1 that keeps its files in `folder`; returns once it answers an MQTT CONNECT.

    port 0 = any free one. persistent: it keeps sessions and retained messages over a restart (Mosquitto only).
    Raises BrokerError with what the broker said when it does not start, or when another program holds the port.
    """
    chosen: Kind = kind if kind != "auto" else ("mosquitto" if find_mosquitto() else "iotcore")
    if persistent and chosen == "iotcore":
        raise BrokerError("iotcore keeps nothing over a restart: install mosquitto, or leave persistent out")
    folder.mkdir(parents=True, exist_ok=True)
    for attempt in range(TRIES):
        number = port or free_port()
        ports = (number, number if chosen == "mosquitto" else free_port())
        try:
            return Broker(chosen, folder, *ports, persistent, _started(chosen, folder, ports, persistent))
        except BrokerError:
            # Between asking for a free port and listening on it, another process may have taken it.
            if port or attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def start_secured(folder: Path, port: int) -> Broker:
    """Mosquitto with what `diemdanh-central broker-config --out FOLDER` wrote for this port; returns once it listens.

    Raises BrokerError.
    """
    process = _launched(_secured(folder), folder, port)
    return Broker("mosquitto", folder, port, port, False, process, secured=True)


def _secured(folder: Path) -> list[str]:
    found = find_mosquitto()
    if found is None:
        raise BrokerError("mosquitto is not installed; apt-get install mosquitto")
    configuration = folder / "mosquitto.conf"
    if os.geteuid() == 0:
        # The folder belongs to root; as another user Mosquitto could not read its key again when it is told to.
        configuration = folder / "mosquitto-as-root.conf"
        configuration.write_text((folder / "mosquitto.conf").read_text("utf-8") + "\nuser root\n", "utf-8")
    return [found, "-c", str(configuration)]


def free_port() -> int:
    """A port of the loopback interface that was free a moment ago.

    Below those that the kernel hands out itself: between asking and listening, any connection out of this machine could
    take one of them. Drawn, so that two who ask at once get different ones. Raises BrokerError.
    """
    for port in secrets.SystemRandom().sample(range(LOWEST_PORT, _first_handed_out()), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise BrokerError("no port of the loopback interface is free: 100 were tried; end what listens on them")


def _first_handed_out() -> int:
    with contextlib.suppress(OSError, ValueError):
        first = int(HANDED_OUT.read_text("ascii").split()[0])
        if first > LOWEST_PORT + 1000:
            return first
    return 32_768


def _started(kind: Kind, folder: Path, ports: tuple[int, int], persistent: bool) -> subprocess.Popen[bytes]:
    return _launched(_command(kind, folder, ports, persistent), folder, *ports, asked=True)


def _launched(command: list[str], folder: Path, *ports: int, asked: bool = False) -> subprocess.Popen[bytes]:
    """Start it and wait until it listens on all ports; asked: and answers a CONNECT without TLS on the first."""
    log = folder / "broker.log"
    with log.open("ab") as output:
        # A session of its own, so that Ctrl-C in the demo reaches the broker last and in order.
        process = subprocess.Popen(command, stdout=output, stderr=output, start_new_session=True)
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        if all(_holds(process.pid, port) for port in ports) and (not asked or _answers(ports[0])):
            return process
        time.sleep(0.02)
    process.kill()
    process.wait()
    said = log.read_text("utf-8", "replace")[-2000:]
    raise BrokerError(f"{Path(command[0]).name} did not start on 127.0.0.1:{ports[0]}: {said}")


def _command(kind: Kind, folder: Path, ports: tuple[int, int], persistent: bool) -> list[str]:
    if kind == "iotcore":
        configuration = folder / "iotcore.toml"
        named = zip(("v4", "v5"), ports, strict=True)
        listeners = [IOTCORE_LISTENER.format(protocol=p, port=n, payload=MAX_PACKET_BYTES) for p, n in named]
        configuration.write_text("".join((IOTCORE_HEAD, *listeners)), "utf-8")
        return [sys.executable, str(Path(__file__)), "--iotcore", str(configuration)]
    found = find_mosquitto()
    if found is None:
        raise BrokerError("mosquitto is not installed; apt-get install mosquitto, or take kind='iotcore'")
    text = CONFIGURATION.read_text("utf-8").replace("listener 1883 127.0.0.1", f"listener {ports[0]} 127.0.0.1")
    if persistent:
        text = text.replace("persistence false", f"persistence true\npersistence_location {folder}/")
    if os.geteuid() == 0:
        text += "\nuser root\n"  # the folder belongs to root, who gives up nothing by staying so on loopback
    configuration = folder / "mosquitto.conf"
    configuration.write_text(text, "utf-8")
    return [found, "-c", str(configuration)]


def _holds(pid: int, port: int) -> bool:
    """Whether this process listens on the port: an answer alone may come from another broker that was there first."""
    held = set()
    for entry in Path(f"/proc/{pid}/fd").glob("*"):
        with contextlib.suppress(OSError):  # closed since it was listed
            held.add(str(entry.readlink()))
    lines = [line.split() for line in Path("/proc/net/tcp").read_text("ascii").splitlines()[1:]]
    # proc(5): local address in hex with the port behind the colon, state 0A = listening, inode in the tenth column
    return any(c[1].endswith(f":{port:04X}") and c[3] == "0A" and f"socket:[{c[9]}]" in held for c in lines)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as line:
        line.sendall(CONNECT)
        return line.recv(4) == CONNACK
    return False


def _serve_iotcore(configuration: str) -> None:
    from iotcore import IotCoreBroker

    broker = IotCoreBroker(config_path=configuration)
    broker.check_ports()  # rumqttd itself only logs that a port is taken, and runs on without it
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    broker.run_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="iotcore's broker on 127.0.0.1, for start_broker()")
    parser.add_argument("--iotcore", required=True, metavar="FILE", help="rumqttd's TOML")
    _serve_iotcore(parser.parse_args().iotcore)
