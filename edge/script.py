"""`diemdanh-edge simulate`: a fleet and the script of what happens to it.

A script is JSON lines, in order of time; `at` is in real seconds from the beginning:

    {"at": 1.5, "station": "S01", "badge": "em:008EB2F9"}
    {"at": 4, "station": "S01", "action": "kill"}

Actions are kill, start, stop, unplug, plug, cut and join (the network). One JSON line is printed for each station
(station, device, public_key), so that it can be registered at central, and at the end one for each with what its panel
said.
"""

import argparse
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import FrameType
from typing import IO, Any

from edge.settings import ClockSettings
from edge.simulate import Fleet, FleetError

ACTIONS: dict[str, Callable[[Fleet, str], object]] = {
    "kill": Fleet.kill,
    "start": Fleet.start,
    "stop": Fleet.stop,
    "unplug": Fleet.unplug,
    "plug": Fleet.plug,
    "cut": Fleet.cut,
    "join": Fleet.join,
}


MOST_S = 1e6


def run(arguments: argparse.Namespace) -> int:
    """The subcommand: start the fleet, play the script, wait for Ctrl-C or SIGTERM, end the fleet."""
    stop = threading.Event()

    def end(number: int, frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    with _fleet(arguments) as fleet:
        codes = [f"S{number:02d}" for number in range(1, arguments.stations + 1)]
        for code in codes:
            member = fleet.add(code, relay=True)
            _print(sys.stdout, station=code, device=member.device, public_key=member.public_key)
            fleet.start(code)
        for code in codes:
            fleet.wait_ready(code)
        play(fleet, _lines(arguments.script), stop)
        stop.wait()
        for code in codes:
            _print(sys.stdout, station=code, recorded=len(fleet.greens(code)))
    return 0


def _fleet(arguments: argparse.Namespace) -> Fleet:
    host, _, port = arguments.broker.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) <= 65535:
        raise FleetError(f"--broker {arguments.broker!r}: write HOST:PORT, a port from 1 to 65535")
    now_ms = time.time_ns() // 1_000_000
    clock = ClockSettings(
        source="scaled", scale=arguments.scale, epoch_ms=now_ms, started_real_ms=now_ms, quality="ntp"
    )
    return Fleet(arguments.data.resolve(), host, int(port), arguments.central_key, clock, arguments.heartbeat)


def _lines(script: str) -> Iterator[str]:
    if not script:
        return
    if script == "-":
        yield from sys.stdin
        return
    with Path(script).open(encoding="utf-8") as file:
        yield from file


def play(fleet: Fleet, lines: Iterable[str], stop: threading.Event) -> None:
    """Do what the script says when it says so. Raises FleetError for a line that cannot be read or done."""
    began_s = time.monotonic()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            step = json.loads(line)
            at_s, station = float(step["at"]), str(step["station"])
            if not 0 <= at_s < MOST_S:
                raise ValueError(f"at = {at_s:g} is not from 0 to {MOST_S:g}")
        except (ValueError, KeyError, TypeError) as error:
            raise FleetError(f"script line {number}: needs at, station and badge or action ({error})") from error
        if stop.wait(max(0.0, began_s + at_s - time.monotonic())):
            return
        _do(fleet, station, step, number)


def _do(fleet: Fleet, station: str, step: dict[str, Any], number: int) -> None:
    if "badge" in step:
        fleet.tap(station, str(step["badge"]))
    elif step.get("action") in ACTIONS:
        ACTIONS[step["action"]](fleet, station)
    else:
        raise FleetError(f"script line {number}: action {step.get('action')!r} is none of {', '.join(ACTIONS)}")


def _print(to: IO[str], **fields: object) -> None:
    to.write(json.dumps(fields) + "\n")
    to.flush()
