"""One TOML file and the environment -> frozen `Settings`.

The file says everything; a variable `DIEMDANH_SECTION_KEY` (such as `DIEMDANH_BROKER_HOST`) overrides one key of a
section. Every error is a `SettingsError` that names the file, the key and what to write instead; unknown keys are
refused, because a misspelt key would otherwise be a setting that silently does nothing.
"""

import binascii
import tomllib
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from edge.errors import SettingsError
from edge.wire.text import is_device_id

DISPLAY_KINDS = ("none", "text", "lcd", "oled")
CHIPS = ("ssd1306", "ssd1309", "sh1106", "ssd1325", "ssd1327")
ROLES = ("punch", "info", "enrol", "test")
PINS = ("gpio", "mock", "none")
QUALITIES = ("auto", "ntp", "rtc", "none")
SOURCES = ("system", "scaled")
ENVIRONMENT_PREFIX = "DIEMDANH_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """data: folder of everything this station keeps. device: its id, None = made on first start and kept in `data`."""

    data: Path
    device: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Broker:
    """Where the broker listens. keepalive_s: silence after which either side takes the connection for dead.

    ca, cert, key: files (PEM) by which the broker is known, and this station to it; None = as enrolment says, and
    without TLS where there was none.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    keepalive_s: int = 30
    ca: Path | None = None
    cert: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrolmentSettings:
    """claim: a file with the claim by which a station that is not enrolled yet asks to be let in."""

    claim: Path = Path("/boot/firmware/diemdanh-claim.txt")


PORT_OF_SETUP = 8088


@dataclass(frozen=True, slots=True, kw_only=True)
class SetupSettings:
    """The station's own page on the local network, while it is not enrolled. port: where `run` serves it, 0 = it does
    not. host: the address to listen on. minutes: how long after the computer's start it is there at most."""

    host: str = "0.0.0.0"  # noqa: S104 - whoever is not in the local network is refused
    port: int = 0
    minutes: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Central:
    """public_key: central's Ed25519 key, 32 bytes, pinned; None = configurations and commands are refused."""

    public_key: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderSettings:
    """One card reader: its name in events, its driver, the stable path of its port, and what its reads mean.

    tech, form, order: the profile of a reader whose numbers mean nothing without one (`edge.readers.profile`); left
    out, 34 bits stay what they are and a keyboard is taken to write ten decimal digits of an EM4100 card.
    """

    id: str
    driver: str
    port: str
    role: str = "punch"
    tech: str | None = None
    form: str | None = None
    order: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelSettings:
    """pins: the GPIO in use, `mock` for tests, `none` for a door without lights. Numbers are GPIO (BCM) numbers.

    trace: a file of JSON lines, one for each thing the panel showed; None = no trace. field_button: GPIO of the button
    "field duty", which connects it to ground; 0 = there is none.
    """

    pins: str = "gpio"
    green: int = 17
    amber: int = 27
    red: int = 22
    buzzer: int = 23
    trace: Path | None = None
    field_button: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplaySettings:
    """kind: see `edge.displays`. port: where a `text` display takes its lines. bus, address: I2C.

    address 0 = the usual one. chip: of an `oled`. font: a file with all Vietnamese letters, None = found.
    """

    kind: str = "none"
    port: str = "/dev/diemdanh-display"
    bus: int = 1
    address: int = 0
    chip: str = "ssd1306"
    font: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UplinkSettings:
    """heartbeat_s: by the station's clock (a scaled clock shortens it)."""

    heartbeat_s: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSettings:
    """ring_events: acknowledged events kept over all journals together. segment_bytes: size of one journal file."""

    ring_events: int = 200_000
    segment_bytes: int = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The door's own defaults (readers.md, section 5); a configuration from central overrides them by name.

    confirm: equal frames within window_ms that make a read on a reader that repeats. gap_ms: silence after which the
    card is gone. repeat_guard_ms: how long the same badge makes no second punch.
    """

    confirm: int = 2
    window_ms: int = 250
    gap_ms: int = 700
    repeat_guard_ms: int = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockSettings:
    """Which time the station lives in.

    source `scaled`: utc = epoch_ms + (real - started_real_ms) * scale, uptime scaled alike; for demonstrations.
    fast_ms: after so much of its own time it goes on as fast as the world; 0 = never.
    quality: `auto` asks the kernel, any other word is taken as the truth. offset_ms: a clock that is wrong by so much.
    """

    source: str = "system"
    scale: float = 1.0
    epoch_ms: int = 0
    started_real_ms: int = 0
    fast_ms: int = 0
    quality: str = "auto"
    offset_ms: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set at one door."""

    station: Station
    broker: Broker = field(default_factory=Broker)
    central: Central = field(default_factory=Central)
    enrolment: EnrolmentSettings = field(default_factory=EnrolmentSettings)
    setup: SetupSettings = field(default_factory=SetupSettings)
    readers: tuple[ReaderSettings, ...] = ()
    panel: PanelSettings = field(default_factory=PanelSettings)
    display: DisplaySettings = field(default_factory=DisplaySettings)
    uplink: UplinkSettings = field(default_factory=UplinkSettings)
    journal: JournalSettings = field(default_factory=JournalSettings)
    policy: Policy = field(default_factory=Policy)
    clock: ClockSettings = field(default_factory=ClockSettings)


SECTIONS: dict[str, type[Any]] = {
    "station": Station,
    "broker": Broker,
    "central": Central,
    "enrolment": EnrolmentSettings,
    "setup": SetupSettings,
    "panel": PanelSettings,
    "display": DisplaySettings,
    "uplink": UplinkSettings,
    "journal": JournalSettings,
    "policy": Policy,
    "clock": ClockSettings,
}

_LOW_HIGH: dict[str, tuple[float, float]] = {
    "broker.port": (1, 65535),
    "broker.keepalive_s": (2, 3600),
    "setup.port": (0, 65535),
    "setup.minutes": (1, 525_600),
    "panel.green": (0, 53),
    "panel.amber": (0, 53),
    "panel.red": (0, 53),
    "panel.buzzer": (0, 53),
    "panel.field_button": (0, 53),
    "display.bus": (0, 99),
    "display.address": (0, 127),
    "uplink.heartbeat_s": (1, 3600),
    "journal.ring_events": (0, 10_000_000),
    "journal.segment_bytes": (16 * 1024, 64 * 1024 * 1024),
    "policy.confirm": (1, 10),
    "policy.window_ms": (50, 5000),
    "policy.gap_ms": (100, 60_000),
    "policy.repeat_guard_ms": (0, 600_000),
    "clock.scale": (0.001, 100_000),
}
_ONE_OF = {
    "panel.pins": PINS,
    "display.kind": DISPLAY_KINDS,
    "display.chip": CHIPS,
    "clock.source": SOURCES,
    "clock.quality": QUALITIES,
    "reader.role": ROLES,
}


def load_settings(path: Path, environment: Mapping[str, str]) -> Settings:
    """The settings in `path`, overridden by `environment`. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: cannot be read ({error}); name the station's file with --config") from error
    return parse_settings(text, str(path), environment)


def parse_settings(text: str, name: str, environment: Mapping[str, str]) -> Settings:
    """The settings in `text`, which errors call `name`. Raises SettingsError."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise SettingsError(f"{name}: is not TOML: {error}") from error
    unknown = set(tables) - set(SECTIONS) - {"reader"}
    if unknown:
        raise SettingsError(f"{name}: [{min(unknown)}] is no section; there are {', '.join(SECTIONS)} and reader")
    read: dict[str, Any] = {}
    for section, kind in SECTIONS.items():
        table = _table(tables.get(section, {}), name, section) | _overrides(section, kind, environment)
        read[section] = _section(kind, table, name, section)
    _check_tls(read["broker"], name)
    return Settings(**read, readers=_readers(tables.get("reader", []), name))


def _check_tls(broker: Broker, name: str) -> None:
    absent = [key for key in ("ca", "cert", "key") if getattr(broker, key) is None]
    if 0 < len(absent) < 3:
        raise SettingsError(f"{name}: [broker] lacks {absent[0]}; TLS needs ca, cert and key, or none of them")


def _table(value: object, name: str, section: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise SettingsError(f"{name}: {section} must be a section, written [{section}]")
    return value


def _overrides(section: str, kind: type[Any], environment: Mapping[str, str]) -> dict[str, Any]:
    prefix = f"{ENVIRONMENT_PREFIX}{section.upper()}_"
    found: dict[str, Any] = {}
    for variable, value in environment.items():
        if not variable.startswith(prefix):
            continue
        key = variable[len(prefix) :].lower()
        if key not in kind.__dataclass_fields__:
            raise SettingsError(f"environment: {variable} overrides nothing: [{section}] has no key {key}")
        found[key] = _from_text(value, kind.__dataclass_fields__[key].type, variable)
    return found


def _from_text(value: str, wanted: Any, variable: str) -> object:
    if wanted not in (int, float):
        return value
    try:
        return wanted(value)
    except ValueError as error:
        raise SettingsError(f"environment: {variable} is {value!r}, a number is needed") from error


def _section(kind: type[Any], table: Mapping[str, Any], name: str, section: str) -> Any:
    keys = kind.__dataclass_fields__
    unknown = set(table) - set(keys)
    if unknown:
        raise SettingsError(f"{name}: [{section}] {min(unknown)} is no key; there are {', '.join(keys)}")
    values = {key: _value(value, keys[key].type, name, f"{section}.{key}") for key, value in table.items()}
    try:
        return kind(**values)
    except TypeError as error:
        missing = [key for key in keys if key not in values]
        raise SettingsError(f"{name}: [{section}] lacks {missing[0]}; add a line '{missing[0]} = ...'") from error


def _value(value: object, wanted: Any, name: str, where: str) -> object:
    if where == "central.public_key":
        return _public_key(value, name)
    kinds = get_args(wanted) or (wanted,)
    if Path in kinds:
        return Path(_text(value, name, where))
    if str in kinds:
        return _word(_text(value, name, where), name, where)
    return _number(value, float in kinds, name, where)


def _text(value: object, name: str, where: str) -> str:
    if type(value) is not str or not value:
        raise SettingsError(f"{name}: {where} = {value!r} must be a text in quotes that is not empty")
    return value


def _word(value: str, name: str, where: str) -> str:
    words = _ONE_OF.get(where)
    if words and value not in words:
        raise SettingsError(f"{name}: {where} = {value!r} must be one of {', '.join(words)}")
    if where == "station.device" and not is_device_id(value):
        raise SettingsError(f"{name}: {where} = {value!r} must be 4 to 40 of a-z, 0-9 and '-'")
    return value


def _number(value: object, fraction: bool, name: str, where: str) -> int | float:
    if type(value) is not int and not (fraction and type(value) is float):
        raise SettingsError(f"{name}: {where} = {value!r} must be a {'number' if fraction else 'whole number'}")
    low, high = _LOW_HIGH.get(where, (float("-inf"), float("inf")))
    if not low <= value <= high:
        raise SettingsError(f"{name}: {where} = {value!r} must be from {low:g} to {high:g}")
    return float(value) if fraction else value


def _public_key(value: object, name: str) -> bytes | None:
    if value == "":
        return None
    try:
        key = urlsafe_b64decode(str(value) + "=" * (-len(str(value)) % 4))
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != 32:
        raise SettingsError(
            f"{name}: central.public_key must be the 43 characters that 'diemdanh-central device add' prints"
        )
    return key


def _readers(value: object, name: str) -> tuple[ReaderSettings, ...]:
    if not isinstance(value, list):
        raise SettingsError(f"{name}: a reader is a section of its own, written [[reader]]")
    readers = tuple(_section(ReaderSettings, _table(item, name, "reader"), name, "reader") for item in value)
    for key in ("id", "port"):
        said = [getattr(reader, key) for reader in readers]
        twice = next((word for word in said if said.count(word) > 1), None)
        if twice is not None:
            raise SettingsError(f"{name}: two readers have {key} = {twice!r}; each needs its own")
    return readers
