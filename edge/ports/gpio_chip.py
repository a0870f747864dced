"""GPIO lines asked of the kernel: which chip is behind the pins of a Pi, and one request for several lines of it.

What is spoken is the kernel's own interface (linux/gpio.h, version 2, since Linux 5.10), which libgpiod 2 wraps:
bookworm has only libgpiod 1, and PyPI has no wheel of version 2 for a 32-bit Pi.
"""

import fcntl
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from edge.errors import PortError

INPUT, OUTPUT, EDGE_FALLING, PULL_UP = 1 << 2, 1 << 3, 1 << 5, 1 << 8
"""How a line is asked for."""
_HEADER_CHIPS = ("pinctrl-bcm", "pinctrl-rp1")
"""Labels of the chips behind the pins of a Pi: their /dev/gpiochip number differs between models and kernels."""
_MOST_LINES = 64
_INFO = struct.Struct("=32s32sI")
_GET_INFO = 0x8044B401
_GET_LINES = 0xC250B407
_SET_VALUES = 0xC010B40F
_VALUES = struct.Struct("=QQ")  # struct gpio_v2_line_values: bits, mask
_ATTRIBUTES = 10
_ATTRIBUTE = struct.Struct("=IIQQ")  # struct gpio_v2_line_config_attribute: id, padding, value, mask of lines
_DEBOUNCE = 3
_REQUEST = struct.Struct(f"=64I32sQI20x{_ATTRIBUTES * _ATTRIBUTE.size}sII20xi")  # struct gpio_v2_line_request


def header_chip(devices: Path = Path("/dev")) -> Path | None:
    """The chip behind the pins of a Raspberry Pi; None = this computer has none. Raises OSError."""
    for path in sorted(devices.glob("gpiochip*")):
        if _label(path).startswith(_HEADER_CHIPS):
            return path
    return None


def _label(path: Path) -> str:
    chip = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        label: bytes = _INFO.unpack(fcntl.ioctl(chip, _GET_INFO, bytes(_INFO.size)))[1]
        return label.rstrip(b"\0").decode("ascii", "replace")
    finally:
        os.close(chip)


def request_lines(path: Path | str, lines: Sequence[int], flags: int, *, events: int = 0, debounce_us: int = 0) -> int:
    """A handle of all `lines` in one request, ours alone until it is closed; not blocking.

    flags: INPUT or OUTPUT (which begins low) and what goes with it; events: how many edges the kernel keeps;
    debounce_us: an edge counts once its line was still for so long. Raises PortError that names the lines.
    """
    attributes = _ATTRIBUTE.pack(_DEBOUNCE, 0, debounce_us, (1 << len(lines)) - 1) if debounce_us else b""
    offsets = [*lines, *[0] * (_MOST_LINES - len(lines))]
    asked = _REQUEST.pack(*offsets, b"diemdanh", flags, bool(attributes), attributes, len(lines), events, 0)
    try:
        chip = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            handle: int = _REQUEST.unpack(fcntl.ioctl(chip, _GET_LINES, asked))[-1]
        finally:
            os.close(chip)
    except OSError as error:
        raise PortError(
            f"GPIO {', '.join(map(str, lines))} of {path} cannot be had ({error.strerror}); "
            "is one of them wanted twice, or another program's?"
        ) from error
    os.set_blocking(handle, False)
    return handle


def set_lines(handle: int, bits: int, count: int) -> None:
    """Set all `count` lines of an output request at once, the first one by the lowest bit. Raises OSError."""
    fcntl.ioctl(handle, _SET_VALUES, _VALUES.pack(bits, (1 << count) - 1))
