#!/usr/bin/env python3
"""The commands of this project: `python3 deploy/run.py demo | test | bench [arguments passed through]`.

This file must stay readable by Python 3.6, so that an old `python3` can find and start a newer one instead of
failing with a syntax error. Everything else lives in `deploy/commands.py`, which needs the minimum below.
"""

import os
import subprocess
import sys
from pathlib import Path

MINIMUM = (3, 11)
NEWER = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")
ROOT = Path(__file__).resolve().parent.parent
# ssl and sqlite3 are optional when Python is built by hand; without them nothing here could install or run.
PROBE = f"import sys, ssl, sqlite3; sys.exit(sys.version_info < {MINIMUM})"


def is_good_python(path: str) -> bool:
    """True when the program at `path` is a complete Python of at least MINIMUM; never raises."""
    try:
        probe = subprocess.run([path, "-c", PROBE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    except OSError:
        return False
    return probe.returncode == 0


def find_python(search_path: str) -> "str | None":
    """The newest good Python in the folders of `search_path`, or None.

    Each candidate is started, because a name on PATH proves nothing: version switchers leave shims that only fail.
    """
    for name in NEWER:
        for folder in search_path.split(os.pathsep):
            candidate = str(Path(folder) / name)
            if os.access(candidate, os.X_OK) and is_good_python(candidate):
                return candidate
    return None


def start_again_with_a_newer_python() -> int:
    """Replace this process by the same command under a newer Python; returns 2 when there is none."""
    found = find_python(os.environ.get("PATH", os.defpath))
    if found is None:
        have = ".".join(str(part) for part in sys.version_info[:3])
        want = ".".join(str(part) for part in MINIMUM)
        print(
            f"This needs Python {want} or newer. {sys.executable} is {have}, and none of {', '.join(NEWER)} on PATH "
            f"is new enough and complete (with ssl and sqlite3).\n"
            f"Install one (Debian 12 and later: apt-get install python3) and run this command again.",
            file=sys.stderr,
        )
        return 2
    sys.stderr.flush()
    os.execv(found, [found, str(Path(__file__).resolve()), *sys.argv[1:]])  # noqa: S606 - a shell would only get in the way


def main() -> int:
    if sys.version_info < MINIMUM:
        return start_again_with_a_newer_python()
    # Started as a script, Python puts deploy/ first; the root belongs there, so that `deploy` is the package.
    sys.path[0] = str(ROOT)
    from deploy.commands import run

    return run(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
