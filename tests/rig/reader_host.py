"""The host's side of `reader_proof.sh`: boots the guest, types, pulls plugs, judges the journal. Standard library only.

python3 reader_host.py WORK_FOLDER
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

BOOT_S = 300
ANSWER_S = 90
TRIES = 15
KEYBOARD = "usb-kbd,id={0},bus=xhci.0,serial={0}"
FACILITY, CARD = 142, 45817
Facts = dict[str, object]


def say(line: str) -> None:
    """A line of the report, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class ProofError(Exception):
    """Something did not hold."""


def wiegand26(number: int) -> str:
    """26 bits of a 24-bit number, with both parities."""
    bits = f"{number:024b}"
    return f"{bits[:12].count('1') % 2}{bits}{1 - bits[12:].count('1') % 2}"


class Line:
    """One end of a guest's or QEMU's line protocol: JSON out, JSON in."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pending = b""
        self._socket = socket.socket(socket.AF_UNIX)

    def connect(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                self._socket.connect(str(self._path))
                return
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def send(self, message: Facts) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, seconds: float) -> Facts:
        self._socket.settimeout(seconds)
        while b"\n" not in self._pending:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise ProofError(f"{self._path.name}: closed")
            self._pending += chunk
        line, self._pending = self._pending.split(b"\n", 1)
        return json.loads(line)

    def close(self) -> None:
        self._socket.close()


class Guest:
    """A booted guest; `ask` has its hands do something, `type` and `plug` are QEMU's."""

    def __init__(self, work: Path, folder: Path) -> None:
        self._folder = folder
        self.hands, self.qmp = Line(folder / "hands"), Line(folder / "qmp")
        # The guest's time is counted in its instructions: a busy host makes it slow, but no pulse late.
        words = (
            "qemu-system-x86_64 -machine q35 -cpu max -accel tcg,thread=single -icount shift=3 -smp 1 -m 2048".split()
        )
        words += "-nodefaults -no-user-config -display none -no-reboot -device qemu-xhci,id=xhci".split()
        words += ["-kernel", str(work / "vmlinuz"), "-initrd", str(work / "guest.cpio")]
        words += ["-append", "console=ttyS0 quiet panic=-1 mitigations=off nokaslr"]
        words += ["-serial", f"file:{work / 'console.log'}", "-device", "virtio-serial-pci"]
        words += ["-chardev", f"socket,id=hands,path={folder / 'hands'},server=on,wait=off"]
        words += ["-device", "virtserialport,chardev=hands,name=rig.hands"]
        words += ["-qmp", f"unix:{folder / 'qmp'},server=on,wait=off", "-device", KEYBOARD.format("first")]
        self.process = subprocess.Popen(words)
        self._before = 0

    def boot(self) -> float:
        began = time.monotonic()
        self.qmp.connect(20)
        self.qmp.receive(20)
        self.command("qmp_capabilities")
        self.hands.connect(20)
        self.hands.receive(BOOT_S)
        return time.monotonic() - began

    def command(self, name: str, **arguments: object) -> None:
        self.qmp.send({"execute": name, "arguments": arguments})
        while True:
            answer = self.qmp.receive(20)
            if "error" in answer:
                raise ProofError(f"{name}: {answer['error']}")
            if "return" in answer:
                return

    def ask(self, do: str, **arguments: object):
        self.hands.send({"do": do, **arguments})
        answer = self.hands.receive(ANSWER_S)
        if "error" in answer:
            raise ProofError(f"{do}: {answer['error']}")
        return answer["answer"]

    def type(self, text: str) -> None:
        for key in [*text, "ret"]:
            self.command("send-key", keys=[{"type": "qcode", "data": key}], **{"hold-time": 10})
            time.sleep(0.03)

    def punches(self) -> list[tuple[str, str]]:
        """Since `begin` was called."""
        return [(e["reader"], e["badge"]) for e in self.ask("journal") if e["kind"] == "punch"][self._before :]

    def begin(self) -> None:
        self._before += len(self.punches())

    def faults(self, reader: str) -> list[str]:
        return [e["kind"] for e in self.ask("journal") if e["kind"] in ("fault", "ok") and e["which"] == reader]

    def until(self, what: str, condition: Callable[[], bool], seconds: float = 200) -> None:
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end or self.process.poll() is not None:
                raise ProofError(f"{what}: did not come; journal {self.ask('journal')}\n{self.ask('log')}")
            time.sleep(0.2)
        say(f"  held: {what}")

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.hands.close()
        self.qmp.close()


def prove(guest: Guest) -> None:
    say(f"booted in {guest.boot():.0f} s")
    guest.ask("chip")
    [keyboard] = guest.ask("keyboards")
    guest.ask("start", keyboard=keyboard)
    connected = lambda: "gpio:5,6: open" in guest.ask("log") and f"{keyboard}: open" in guest.ask("log")  # noqa: E731
    guest.until("both devices open for the account that install.sh makes", connected)
    panel(guest)
    keys(guest, keyboard)
    wires(guest)
    say(f"cost: {guest.ask('cost')}")
    if guest.ask("stop") != 0:
        raise ProofError("the station did not stop in order")


def panel(guest: Guest) -> None:
    """The lights and the button, seen and pressed from outside. One reader is missing: its state is red, blinking."""
    states = guest.ask("seen")
    guest.until("the state that lasts blinks", lambda: states.extend(guest.ask("seen")) or states.count("red") > 2)
    guest.type("0009351920")
    guest.until("an answer is green, with a beep", lambda: "green buzzer" in guest.ask("seen"))
    guest.ask("press", bounces=8)
    guest.until("a finger that bounces chooses field duty once", lambda: "amber buzzer" in guest.ask("seen"))
    guest.type("0009351921")
    guest.until("the next card leaves for the field", lambda: remarks(guest, "em:008EB2F1") == ["field_out"])
    if guest.ask("trace").count("field_chosen") != 1:
        raise ProofError(f"one press was told more than once: {guest.ask('trace')}")
    guest.ask("plug_chip", live=0)
    guest.until("the chip is gone: no panel", lambda: "no panel (" in guest.ask("log"))
    guest.type("0009351922")
    guest.until("a tap without a panel is recorded", lambda: remarks(guest, "em:008EB2F2") is not None)
    guest.ask("plug_chip", live=1)
    guest.until("the chip is back: the panel works again", lambda: "the panel works again" in guest.ask("log"))
    guest.type("0009351923")
    guest.until("and answers", lambda: "green buzzer" in guest.ask("seen"))
    guest.ask("press")
    guest.until("and hears the button", lambda: guest.ask("trace").count("field_chosen") == 2)
    guest.begin()


def remarks(guest: Guest, badge: str) -> list[str] | None:
    """What the journal says besides of a badge's punch, besides that the door does not know it; None = no punch."""
    found = [e["remarks"] for e in guest.ask("journal") if e["kind"] == "punch" and e["badge"] == badge]
    return [remark for remark in found[0] if remark.startswith("field")] if found else None


def keys(guest: Guest, keyboard: str) -> None:
    guest.ask("listen", path=keyboard)
    guest.type("0009351929")
    guest.until("a number typed is a punch", lambda: guest.punches() == [("keyboard", "em:008EB2F9")])
    if guest.ask("overheard"):
        raise ProofError("what was typed reached another program")
    say("  held: nobody else hears the keys")
    [opens] = guest.ask("doctor", only="5")
    if "another program has taken hold of this keyboard" not in str(opens["sentence"]):
        raise ProofError(f"a second program could take hold of it: {opens}")
    say("  held: nobody else can take hold of it")
    guest.type("09351929")
    guest.until("another format is refused", lambda: guest.ask("trace")[-1] == "bad_read")
    guest.command("device_del", id="first")
    guest.until("pulled out: lost", lambda: guest.faults("keyboard") == ["fault"])
    guest.command("device_add", **dict(driver="usb-kbd", id="other", bus="xhci.0", serial="other"))
    guest.until("another one is no substitute", lambda: len(guest.ask("keyboards")) == 1)
    guest.command("device_add", **dict(driver="usb-kbd", id="first", bus="xhci.0", serial="first"))
    guest.until("plugged in under another number: found", lambda: guest.faults("keyboard") == ["fault", "ok"])
    guest.command("device_del", id="other")
    guest.until("one keyboard left", lambda: list(guest.ask("keyboards")) == [keyboard])
    guest.type("0009351930")
    guest.until("it punches again", lambda: guest.punches()[1:] == [("keyboard", "em:008EB2FA")])


class Wiegand:
    """Cards at the simulated wires.

    Simulated interrupts may be late, and two of one line may become one; such a frame must be refused, and the card is
    held there again, as somebody would. No badge may ever come that was not held there.
    """

    def __init__(self, guest: Guest) -> None:
        self._guest = guest
        self._next = FACILITY << 16 | CARD
        self._held: set[str] = set()
        self.frames = 0

    def card(self) -> tuple[str, str]:
        """(badge, bits) of a card that was never there."""
        number, self._next = self._next, self._next + 1
        self._held.add(f"w26:{number:06X}")
        return f"w26:{number:06X}", wiegand26(number)

    def read(self) -> list[str]:
        """The badges read so far, each at its first time."""
        return list(dict.fromkeys(badge for reader, badge in self._guest.punches() if reader == "wires"))

    def hold(
        self,
        what: str,
        cards: int = 1,
        before: Callable[[], object] = lambda: 0,
        after: Callable[[], object] = lambda: 0,
    ):
        """Hold new cards there, again and again until all of one attempt were read, one after the other."""
        for _ in range(TRIES):
            new = [self.card() for _ in range(cards)]
            before()
            for _, bits in new:
                self._guest.ask("pulse", bits=bits)
                self.frames += 1
                time.sleep(0.1)
            after()
            end = time.monotonic() + 20
            while time.monotonic() < end:
                if self.read()[-cards:] == [badge for badge, _ in new]:
                    say(f"  held: {what}")
                    return
                time.sleep(0.5)
        raise ProofError(f"{what}: never in {TRIES} attempts; {self.read()}\n{self._guest.ask('log')}")

    def judge(self) -> None:
        """Nothing was read that was not there."""
        ghosts = set(self.read()) - self._held
        if ghosts:
            raise ProofError(f"badges that were never held there: {ghosts}")
        say(f"  held: {len(self.read())} cards read of {self.frames} frames, none that was not there")


def wires(guest: Guest) -> None:
    cards = Wiegand(guest)
    cards.hold("26 pulses are a punch")
    cards.hold(
        "two frames that are read late are two",
        2,
        lambda: guest.ask("hold", held=True),
        lambda: guest.ask("hold", held=False),
    )
    time.sleep(10)  # a bad read never cuts the answer to a card short, so that answer must have ended
    shown = len(guest.ask("trace"))
    read = len(cards.read())
    guest.ask("hold", held=True)
    guest.ask("pulse", bits="01" * 300, every_s=0)
    guest.ask("pulse", bits=cards.card()[1])
    guest.ask("hold", held=False)
    guest.until("more than the kernel keeps is refused", lambda: "bad_read" in guest.ask("trace")[shown:])
    if len(cards.read()) > read + 1:
        raise ProofError("a storm of pulses made badges")
    cards.hold("and then a card is read")
    guest.ask("plug_chip", live=0)
    guest.until("the chip is gone: lost", lambda: guest.faults("wires")[-1] == "fault")
    guest.type("0009351931")
    guest.until("the other reader goes on", lambda: guest.punches()[-1] == ("keyboard", "em:008EB2FB"))
    guest.ask("plug_chip", live=1)
    guest.until("the chip is back: found by its label", lambda: guest.faults("wires") == ["fault", "ok"] * 2)
    cards.hold("and reads")
    cards.judge()


def main(work: Path) -> int:
    with tempfile.TemporaryDirectory(prefix="readers-") as folder:
        guest = Guest(work, Path(folder))
        try:
            prove(guest)
        except (ProofError, OSError) as error:
            say(f"FAILED: {error}; the guest's console: {work / 'console.log'}")
            return 1
        finally:
            guest.end()
    say("All held.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
