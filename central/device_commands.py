"""`diemdanh-central device add | list | revoke`; what is decided by document is in `commands.doors`."""

import argparse
import json
import sys
from dataclasses import asdict
from typing import Any

from central import enrol
from central.clock import SystemClock
from central.commands import doors
from central.intaking.collector import Collector
from central.keys import load_key
from central.ledger import doors_now
from central.presence import DoorNow
from central.processes import ready_store
from central.settings import Settings
from central.store import Store
from central.store.fleet import TERMINAL_KEY
from central.trust.letting import revoke_station


def run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Do what the command line asks; returns the exit code."""
    store = ready_store(settings)
    try:
        return _do(arguments, settings, store)
    finally:
        store.close()


def _do(arguments: argparse.Namespace, settings: Settings, store: Store) -> int:
    clock = settings.clock.clock()
    if arguments.verb == "add":
        waiting = enrol.add_device(
            store,
            arguments.code,
            arguments.id,
            arguments.key,
            arguments.unit,
            arguments.location,
            clock.now_ms(),
            replace_station=arguments.replace,
        )
        if waiting:
            Collector(store, clock).process(waiting)
            sys.stderr.write(f"{len(waiting)} messages that it sent before are taken in\n")
        sys.stdout.write(load_key(settings.key.file).public_text + "\n")
    elif arguments.verb == "revoke":
        revoked = revoke_station(store, settings, arguments.code, SystemClock().now_ms(), arguments.reason)
        sys.stdout.write(f"{revoked.row.code} ({revoked.row.id}) is refused from now on; what it sent before stays\n")
        if revoked.left is not None:
            sys.stderr.write(f"{revoked.left or 'the broker refuses it, and its connection is ended'}\n")
    elif arguments.verb == "list":
        _list(store, clock.now_ms(), as_json=arguments.json)
    else:
        doors.run(arguments, store, clock)
    return 0


_WITH = {"": "waits for a station", TERMINAL_KEY: "terminal"}
"""What a door is called that has no station."""


def _list(store: Store, now_ms: int, *, as_json: bool) -> None:
    devices = enrol.list_devices(store)
    with store.read() as db:
        doors = {door.device: door for door in doors_now(db, now_ms)}
    if as_json:
        told = [{**asdict(device), **_now(doors.get(device.id))} for device in devices]
        sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n")
        return
    if not devices:
        sys.stdout.write("no stations yet; `device add` registers one\n")
        return
    sys.stdout.write(LINE.format("CODE", "UNIT", "STATE", "NOW", "DATA AGE", "DEVICE", "LOCATION").rstrip() + "\n")
    for device in devices:
        state = "revoked" if device.revoked_ms else (_WITH.get(device.key, "registered"))
        now = _now(doors.get(device.id))
        age = "-" if now["data_age_s"] is None else f"{now['data_age_s']} s"
        line = LINE.format(device.code, device.unit or "-", state, now["now"], age, device.id, device.location)
        sys.stdout.write(line.rstrip() + "\n")


LINE = "{:12} {:12} {:20} {:20} {:>10}  {:18} {}"


def _now(door: DoorNow | None) -> dict[str, Any]:
    """What a door is worth now: `current`, or why not (words of `central.silence`); seconds since what it delivered."""
    if door is None:
        return {"now": "-", "online": False, "data_age_s": None}
    return {"now": door.reason or door.state.value, "online": door.online, "data_age_s": door.data_age_s}
