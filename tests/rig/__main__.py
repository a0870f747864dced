"""`python -m tests.rig`: cut the power of a door in a virtual machine, again and again, and judge what became of it."""

import argparse
import json
import signal
import statistics
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from deploy.broker import start_broker
from tests.flow.site import Site
from tests.rig.aftermath import Aftermath, look_back
from tests.rig.guest import GuestError
from tests.rig.judging import Judgement
from tests.rig.series import DISKS, DOOR, Options, Record, Series, check_tools
from tests.waiting import until


def main(argv: Sequence[str] | None = None) -> int:
    """0 = as it must be, 1 = not, 2 = the rig itself failed or proved nothing."""
    options = _arguments(argv)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that QEMU ends with the rig
    options.state.mkdir(parents=True, exist_ok=True)
    for old in (*options.state.glob("central.db*"), options.state / "lights.jsonl"):
        old.unlink(missing_ok=True)
    try:
        check_tools(options.image)
        with start_broker(options.state / "broker", kind="mosquitto") as broker:
            record, judged, after = _run(options, Site(options.state, broker, heartbeat_s=60))
    except (GuestError, OSError) as error:
        sys.stderr.write(f"rig: {error}\n")
        return 2
    status = verdict(options, record, judged, after)
    text = json.dumps(_summary(options, record, judged, after, status), indent=1)
    sys.stdout.write(text + "\n")
    (options.state / "summary.json").write_text(text + "\n", "utf-8")
    return status


def _run(options: Options, site: Site) -> tuple[Record, Judgement, Aftermath]:
    door = json.loads((options.image / "door.json").read_text("utf-8"))
    with site:
        site.command("device", "add", DOOR, "--id", door["device"], "--key", door["public_key"])
        site.start("run")
        until(lambda: site.listening("run"), what="central")
        series = Series(options, site, lambda text: sys.stderr.write(text + "\n"))
        judged = series.run()
        after = look_back(site, door["device"], judged.lost, series.record.early_lives)
        site.stop("run")
    return series.record, judged, after


def verdict(options: Options, record: Record, judged: Judgement, after: Aftermath) -> int:
    """What the series ends with. A door that did not come back is a failure, whatever the disk and the system."""
    if record.broken:
        return 1
    if not any(light.green for light in record.lights):
        return 2
    if not options.fsync:  # the control: caught means that a green light was a lie
        return int(not any(light.green for light in judged.lost))
    if options.disk == "lying":
        return int(bool(judged.reused or judged.other or judged.doubled or after.problems))
    return int(not judged.sound or bool(after.problems))


def _summary(options: Options, record: Record, judged: Judgement, after: Aftermath, status: int) -> dict[str, object]:
    return {
        "exit": status,
        "disk": options.disk,
        "fsync": options.fsync,
        "seed": options.seed,
        "cuts": record.cuts,
        "cuts_during_boot": record.in_boot,
        "lives_network_away": record.away,
        "lives_network_flapping": record.flapping,
        "lives_clock_1970": record.early,
        "taps": record.taps,
        "recorded_lights": len(record.lights),
        "green_lights": sum(light.green for light in record.lights),
        "answers": dict(Counter(light.feedback for light in record.lights)),
        "stored": len(record.lights) - len(judged.lost) + judged.dark,
        "stored_unseen": judged.dark,
        "lost": len(judged.lost),
        "lost_green": sum(light.green for light in judged.lost),
        "lost_in_lives": sorted({light.boot for light in judged.lost}),
        "other_badge": len(judged.other),
        "reused": len(judged.reused),
        "doubled": len(judged.doubled),
        "lives_after_which_some_came_late_or_not": record.late,
        "did_not_come_back": record.broken,
        "central": after.told(),
        "boot_to_green_s": _figures(record.green_s),
        "green_to_older_stored_s": _figures(record.stored_s),
        "cycle_s": _figures(record.cycle_s),
        "disk_writes": record.writes,
        "disk_flushes": record.flushes,
        "blocks_not_flushed_at_cuts": record.unflushed,
        "of_these_survived": record.survived,
    }


def _figures(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    return {
        "least": round(min(values), 1),
        "median": round(statistics.median(values), 1),
        "most": round(max(values), 1),
    }


def _arguments(argv: Sequence[str] | None) -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.rig", description=__doc__)
    add = parser.add_argument
    add("--image", type=Path, required=True, metavar="FOLDER", help="made by tests/rig/build_image.sh")
    add(
        "--state", type=Path, required=True, metavar="FOLDER", help="of this series: disk, logs, database, summary.json"
    )
    add("--cuts", type=int, default=20, help="how often the power goes (default %(default)s)")
    add("--disk", choices=DISKS, default="volatile", help="loses what was not flushed, or lies about flushes too")
    add("--no-fsync", action="store_true", help="the control: fsync does nothing; ends with 0 only if that is caught")
    add("--seed", type=int, default=1, help="of everything drawn (default %(default)s)")
    add("--boot-share", type=float, default=0.2, help="cuts during the boot (default %(default)s)")
    add("--away-share", type=float, default=0.2, help="lives without network (default %(default)s)")
    add("--flapping-share", type=float, default=0.1, help="lives with the network coming and going (%(default)s)")
    add("--early-share", type=float, default=0.2, help="lives with the clock in 1970 (default %(default)s)")
    add("--run", type=float, nargs=2, default=(0.2, 6.0), metavar=("LEAST", "MOST"), help="seconds of tapping")
    add("--lie", type=float, default=3.0, help="seconds for which a lying disk keeps a write back (%(default)s)")
    add("--survive", type=float, default=0.5, help="chance of a block that was not flushed (default %(default)s)")
    add("--accel", default="tcg", help="QEMU's accelerator (default %(default)s); kvm where it works")
    add("--cpu", default="Nehalem", help="QEMU's processor (default %(default)s: cheap to emulate)")
    add("--minutes", type=float, default=600.0, help="after so many the series is ended in order (default: never)")
    told = parser.parse_args(argv)
    return Options(
        image=told.image.resolve(),
        state=told.state.resolve(),
        cuts=told.cuts,
        disk=told.disk,
        fsync=not told.no_fsync,
        seed=told.seed,
        in_boot=told.boot_share,
        away=told.away_share,
        flapping=told.flapping_share,
        early=told.early_share,
        run_s=tuple(told.run),
        lie_s=told.lie,
        survive=told.survive,
        accel=told.accel,
        cpu=told.cpu,
        minutes=told.minutes,
    )


if __name__ == "__main__":
    sys.exit(main())
