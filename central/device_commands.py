"""`diemdanh-central device add | list | revoke`; what is decided by document is in `commands.doors`."""

import argparse
import json
import sys
from dataclasses import asdict

from central import enrol
from central.commands import doors
from central.intaking.collector import Collector
from central.keys import load_key
from central.processes import ready_store
from central.settings import Settings
from central.store import Store
from central.store.fleet import TERMINAL_KEY


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
        revoked = enrol.revoke_device(store, arguments.code, clock.now_ms())
        sys.stdout.write(f"{revoked.code} ({revoked.id}) is refused from now on; what it sent before stays\n")
        if settings.broker.folder:
            _tell_broker(settings, store, revoked.id)
    elif arguments.verb == "list":
        _list(store, as_json=arguments.json)
    else:
        doors.run(arguments, store, clock)
    return 0


def _tell_broker(settings: Settings, store: Store, device: str) -> None:
    from central.clock import SystemClock
    from central.trust.authority import open_authority
    from central.trust.refusing import refuse_at_broker

    now_ms = SystemClock().now_ms()  # the broker lives in the real time
    left = refuse_at_broker(store, settings.broker, open_authority(settings.ca.file, now_ms), device, now_ms)
    sys.stderr.write(f"{left or 'the broker refuses it, and its connection is ended'}\n")


_WITH = {"": "waits for a station", TERMINAL_KEY: "terminal"}
"""What a door is called that has no station."""


def _list(store: Store, *, as_json: bool) -> None:
    devices = enrol.list_devices(store)
    if as_json:
        sys.stdout.write(json.dumps([asdict(device) for device in devices], ensure_ascii=False) + "\n")
        return
    if not devices:
        sys.stdout.write("no stations yet; `device add` registers one\n")
    for device in devices:
        state = "revoked" if device.revoked_ms else (_WITH.get(device.key, "registered"))
        sys.stdout.write(f"{device.code:12} {device.unit or '-':12} {state:20} {device.id}  {device.location}\n")
