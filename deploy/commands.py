"""What `deploy/run.py` can do, once it runs under a Python that is new enough."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from deploy import checks, environment, tools
from deploy.environment import Place
from deploy.say import DeployError, say

ROOT = Path(__file__).resolve().parent.parent
USAGE = """\
usage: python3 deploy/run.py COMMAND [ARGUMENTS]

  demo   a fictional district's morning in about two minutes, with a live board in the browser
         (--check: without a browser, ends by itself, prints one JSON object)
  test   format, lint, types, all tests, branch coverage; arguments go to pytest
  bench  measures what the README promises; arguments go to tests/bench

Each makes .venv first, or uses the one that is there. Nothing is installed outside of it, except that test and bench
may install Debian packages when you are root or sudo allows it, and the demo its broker where nobody has to be asked.
"""
# -P: the folder that a person stands in must not take the place of the project's own modules.
# The demo is a function, so that a demo.py without a start line of its own cannot do nothing and call it success.
DEMO = ("-P", "-c", "import sys; from deploy.demo import main; sys.exit(main(sys.argv[1:]))")
BENCH = ("-P", "-m", "tests.bench")
INTERRUPTED = 130  # what a shell reports for a command ended by Ctrl-C


def child_environ(place: Place) -> dict[str, str]:
    """The environment of everything that runs in `.venv`: the project first on every path, servers found as well."""
    before = os.environ.get("PYTHONPATH")
    return dict(os.environ) | {
        "PATH": f"{place.python.parent}{os.pathsep}{tools.search_path()}",
        "PYTHONPATH": f"{place.root}{os.pathsep}{before}" if before else str(place.root),
        "VIRTUAL_ENV": str(place.venv),
    }


def _become(place: Place, words: Sequence[str]) -> NoReturn:
    """Replace this process, so that Ctrl-C and exit codes are the command's own."""
    sys.stdout.flush()
    os.execve(place.python, [str(place.python), *words], child_environ(place))  # noqa: S606 - no shell


def _run(root: Path, command: str, arguments: Sequence[str]) -> int:
    place = environment.prepare(root)
    if command == "test":
        return checks.check(place, child_environ(place), arguments)
    if command == "bench":
        tools.provide(tools.BROKER)
        _become(place, [*BENCH, *arguments])
    if "--plain" not in arguments:
        tools.provide(tools.FOR_DEMO, ask=False)
    _become(place, [*DEMO, *arguments])


def run(argv: Sequence[str], root: Path = ROOT) -> int:
    """Do one command on the checkout in `root`; returns its exit code (2: no such command, 1: set-up failed)."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(USAGE, end="")
        return 0 if argv else 2
    if argv[0] not in ("demo", "test", "bench"):
        say(f"run.py: there is no command {argv[0]!r}\n{USAGE}")
        return 2
    try:
        return _run(root, argv[0], argv[1:])
    except DeployError as error:
        say(f"run.py {argv[0]}: {error}")
        return 1
    except KeyboardInterrupt:
        say("\nInterrupted. The next start repairs what is half-made.")
        return INTERRUPTED
