"""The first program of the guest of `reader_proof.sh`: devices, station, and the hands of the host.

Lines of JSON on a virtio port: {"do": NAME, ...} is answered by one line. Runs as root and as process 1; the station
runs as the account that install.sh makes. Standard library only.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import traceback
from pathlib import Path
from types import MappingProxyType

PORTS = Path("/sys/class/virtio-ports")
DATA = Path("/var/lib/diemdanh")
SIMULATED = Path("/sys/kernel/config/gpio-sim/pi")
BY_ID = Path("/dev/input/by-id")
SETTINGS = """
[station]
data = "/var/lib/diemdanh"
device = "rig-readers"
[broker]
host = "127.0.0.1"
port = 1
[panel]
pins = "gpio"
field_button = 26
trace = "/var/lib/diemdanh/trace"
[[reader]]
id = "keyboard"
driver = "hid_evdev"
port = "{keyboard}"
form = "8H10D"
[[reader]]
id = "wires"
driver = "wiegand26"
port = "gpio:5,6"
[[reader]]
id = "missing"
driver = "rdm6300"
port = "/dev/diemdanh-reader"
"""


def sh(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def mount() -> None:
    for kind, place in (
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("devtmpfs", "/dev"),
        ("tmpfs", "/run"),
        ("tmpfs", "/tmp"),  # noqa: S108
    ):
        Path(place).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", kind, kind, place], check=False)
    for name in ("virtio_pci", "virtio_console", "xhci_pci", "usbhid", "hid_generic", "evdev", "configfs", "gpio-sim"):
        subprocess.run(["modprobe", name], check=False)
    subprocess.run(["mount", "-t", "configfs", "configfs", "/sys/kernel/config"], check=False)
    sh("/lib/systemd/systemd-udevd", "--daemon")
    sh("udevadm", "trigger", "--action=add")
    sh("udevadm", "settle")


class Wires:
    """The chip behind the pins, under the label that a Pi's has."""

    def make(self) -> str:
        bank = SIMULATED / "bank0"
        bank.mkdir(parents=True)
        (bank / "num_lines").write_text("28")
        (bank / "label").write_text("pinctrl-bcm2711")
        return self.plug(1)

    def plug(self, live: int) -> str:
        (SIMULATED / "live").write_text(str(live))
        sh("udevadm", "settle")
        return (SIMULATED / "bank0/chip_name").read_text().strip()

    def place(self, line: int) -> Path:
        """Where the outside of a line is."""
        device = (SIMULATED / "dev_name").read_text().strip()
        chip = (SIMULATED / "bank0/chip_name").read_text().strip()
        return Path(f"/sys/devices/platform/{device}/{chip}/sim_gpio{line}")

    def pulse(self, bits: str, every_s: float) -> None:
        pulls = [os.open(self.place(line) / "pull", os.O_WRONLY) for line in (5, 6)]
        for bit in bits:
            os.pwrite(pulls[int(bit)], b"pull-down", 0)
            os.pwrite(pulls[int(bit)], b"pull-up", 0)
            time.sleep(every_s)
        for pull in pulls:
            os.close(pull)


class Panel:
    """What the four outputs of the panel show, seen from outside the station, and a finger on its button."""

    LINES = MappingProxyType({"green": 17, "amber": 27, "red": 22, "buzzer": 23})
    BUTTON = 26

    def __init__(self, wires: Wires) -> None:
        self._wires = wires
        self._seen: list[str] = []
        self._known = threading.Lock()

    def watch(self) -> None:
        """Notes each state that is new, until the end of the guest."""
        while True:
            try:
                state = " ".join(name for name, line in self.LINES.items() if self._value(line))
            except OSError:
                state = "no chip"
            with self._known:
                if self._seen[-1:] != [state]:
                    self._seen.append(state)
            time.sleep(0.01)

    def seen(self) -> list[str]:
        """The states since this was asked before, the last one first of the next answer."""
        with self._known:
            states, self._seen = self._seen, self._seen[-1:]
            return states

    def _value(self, line: int) -> bool:
        return self._wires.place(line).joinpath("value").read_text().strip() == "1"

    def press(self, bounces: int, every_s: float) -> None:
        pull = self._wires.place(self.BUTTON) / "pull"
        for _ in range(bounces):
            pull.write_text("pull-down")
            time.sleep(every_s)
            pull.write_text("pull-up")
            time.sleep(every_s)
        pull.write_text("pull-down")
        time.sleep(0.3)
        pull.write_text("pull-up")


class Hands:
    """What the host may ask for; each method is one `do`."""

    def __init__(self) -> None:
        self.wires = Wires()
        self.panel = Panel(self.wires)
        self.station: subprocess.Popen[bytes] | None = None
        self.other: int | None = None

    def start(self, keyboard: str) -> str:
        DATA.mkdir(parents=True, exist_ok=True)
        sh("chown", "diemdanh:diemdanh", str(DATA))
        Path("/etc/diemdanh/station.toml").write_text(SETTINGS.format(keyboard=keyboard))
        words = ["setpriv", "--reuid", "diemdanh", "--regid", "diemdanh", "--init-groups", "--no-new-privs"]
        words += ["python3", "-m", "edge", "run", "--config", "/etc/diemdanh/station.toml"]
        log = Path("/var/lib/diemdanh/log").open("ab")
        environment = {"PYTHONPATH": "/opt/diemdanh/packages", "PATH": os.environ["PATH"]}
        self.station = subprocess.Popen(words, stdout=log, stderr=log, env=environment)
        return str(self.station.pid)

    def doctor(self, only: str) -> list[dict[str, object]]:
        words = ["setpriv", "--reuid", "diemdanh", "--regid", "diemdanh", "--init-groups", "python3", "-m", "edge"]
        words += ["doctor", "--config", "/etc/diemdanh/station.toml", "--json", "--lang", "en", "--only", only]
        environment = {"PYTHONPATH": "/opt/diemdanh/packages", "PATH": os.environ["PATH"]}
        done = subprocess.run(words, capture_output=True, text=True, env=environment, check=False)
        return json.loads(done.stdout)

    def keyboards(self) -> dict[str, str]:
        sh("udevadm", "settle")
        return {str(name): name.resolve().name for name in BY_ID.glob("*")} if BY_ID.exists() else {}

    def listen(self, path: str) -> str:
        """Open a keyboard a second time, as a terminal would, to see whether anything reaches it."""
        self.other = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        return "open"

    def overheard(self) -> int:
        try:
            return len(os.read(self.other or 0, 65536))
        except BlockingIOError:
            return 0

    def chip(self) -> str:
        made = self.wires.make()
        threading.Thread(target=self.panel.watch, daemon=True).start()
        return made

    def seen(self) -> list[str]:
        return self.panel.seen()

    def press(self, bounces: int = 0, every_s: float = 0.002) -> str:
        self.panel.press(bounces, every_s)
        return "done"

    def plug_chip(self, live: int) -> str:
        return self.wires.plug(live)

    def pulse(self, bits: str, every_s: float = 0.001) -> str:
        self.wires.pulse(bits, every_s)
        return "done"

    def hold(self, held: bool) -> str:
        """Stop the station where it is, as a slow computer would, or let it go on."""
        self.station.send_signal(signal.SIGSTOP if held else signal.SIGCONT)
        return "held" if held else "goes on"

    def journal(self) -> list[dict[str, object]]:
        found = []
        for segment in sorted((DATA / "journal").glob("*.seg")):
            for record in segment.read_bytes().rstrip(b"\0").split(b"\n"):
                if record.startswith(b"@ "):
                    found.append(json.loads(record[record.index(b"{") :]))
        return found

    def trace(self) -> list[str]:
        lines = (DATA / "trace").read_text().splitlines() if (DATA / "trace").exists() else []
        return [json.loads(line)["feedback"] for line in lines]

    def log(self) -> str:
        return (DATA / "log").read_text("utf-8", "replace")

    def cost(self) -> dict[str, float]:
        """CPU seconds and resident MB of the station."""
        words = Path(f"/proc/{self.station.pid}/stat").read_text().rpartition(")")[2].split()
        pages = int(Path(f"/proc/{self.station.pid}/statm").read_text().split()[1])
        return {"cpu_s": (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK"), "rss_mb": pages * 4096 / 1e6}

    def stop(self) -> int:
        self.station.terminate()
        return self.station.wait(20)


def serve() -> None:
    sys.stderr.write("guest: begins" + "\n")
    mount()
    sys.stderr.write("guest: devices are there" + "\n")
    hands = Hands()
    while not (named := [place for place in PORTS.glob("*") if (place / "name").read_text().strip() == "rig.hands"]):
        time.sleep(0.1)
    with (Path("/dev") / named[0].name).open("r+b", buffering=0) as port:
        port.write(b'{"ready": true}\n')
        pending = b""
        while True:
            chunk = port.read(65536)
            if not chunk:
                time.sleep(0.05)
                continue
            pending += chunk
            while b"\n" in pending:
                line, pending = pending.split(b"\n", 1)
                asked = json.loads(line)
                try:
                    answer = {"answer": getattr(hands, asked.pop("do"))(**asked)}
                except Exception as error:  # noqa: BLE001 - the host decides what a failure means
                    answer = {"error": repr(error)}
                data = (json.dumps(answer) + "\n").encode()
                while data:
                    data = data[port.write(data) :]


os.environ["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
try:
    serve()
except BaseException:  # noqa: BLE001 - process 1 must not end
    traceback.print_exc()
    sys.stderr.flush()
    while True:
        time.sleep(1)
