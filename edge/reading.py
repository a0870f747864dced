"""The driver and the port that a reader's settings name."""

from collections.abc import Callable
from enum import StrEnum

from edge.errors import SettingsError
from edge.ports.line import Open
from edge.readers import DRIVERS, PROFILED, Reader
from edge.settings import ReaderSettings


def driver_of(settings: ReaderSettings) -> Reader:
    """A new driver for the reader. Raises SettingsError for a driver or a profile that there is not."""
    said = {"tech": settings.tech, "form": settings.form, "order": settings.order}
    profile = {name: word for name, word in said.items() if word is not None}
    if settings.driver not in DRIVERS:
        raise SettingsError(
            f"reader {settings.id}: driver = {settings.driver!r} is not known; there are {', '.join(DRIVERS)}"
        )
    if not profile:
        return DRIVERS[settings.driver](settings.id)
    if settings.driver not in PROFILED:
        raise SettingsError(
            f"reader {settings.id}: {min(profile)} says nothing to {settings.driver!r}, which needs no profile; "
            f"only {', '.join(PROFILED)} do"
        )
    from edge.readers.profile import ProfileError, profile_from

    try:
        return PROFILED[settings.driver](settings.id, profile_from(profile))
    except ProfileError as error:
        raise SettingsError(f"reader {settings.id}: {error}") from error


_PINS = ("gpio:", "/dev/gpiochip")
"""How the port of a Wiegand reader on GPIO pins begins."""


class PortKind(StrEnum):
    """What a reader's port is to the kernel."""

    SERIAL = "serial"
    INPUT = "input"
    PINS = "pins"


def kind_of(settings: ReaderSettings) -> PortKind:
    """Which kind of port the settings name."""
    if settings.port.startswith(_PINS):
        return PortKind.PINS
    return PortKind.INPUT if settings.driver == "hid_evdev" else PortKind.SERIAL


def line_of(settings: ReaderSettings, driver: Reader, mono_ns: Callable[[], int]) -> Open:
    """What opens the reader's port: a keyboard's input device, Wiegand wires on pins, or else a serial port.

    Raises SettingsError for a port that such a reader cannot have.
    """
    kind = kind_of(settings)
    if kind is PortKind.PINS:
        return _wires_of(settings)
    if kind is PortKind.INPUT:
        from edge.ports.input_line import open_input

        return lambda: open_input(settings.port)
    from edge.ports.serial_line import open_serial

    baud = driver.baud or 9600
    return lambda: open_serial(settings.port, baud, mono_ns)


def _wires_of(settings: ReaderSettings) -> Open:
    from edge.ports.gpio_line import open_wires, wires_from

    wires = wires_from(settings.port)
    if not settings.driver.startswith("wiegand"):
        raise SettingsError(
            f"reader {settings.id}: {settings.driver!r} does not read pins; its port is a serial one, "
            "only wiegand26 and wiegand34 are wired to gpio:D0,D1"
        )
    if wires is None:
        raise SettingsError(
            f"reader {settings.id}: port = {settings.port!r} must be gpio:D0,D1 or /dev/gpiochipN:D0,D1 with two "
            'different pins, such as port = "gpio:5,6"'
        )
    return lambda: open_wires(wires)
