"""Central's settings: one TOML file, overridden by the environment, read into a frozen value.

Every setting is `section.key` in the file and `DIEMDANH_SECTION_KEY` in the environment; `DIEMDANH_DB` names the
database for short. An unknown key, a wrong type or a bad value is a `SettingsError` that says where and what to do.
"""

import dataclasses
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from central.clock import Clock, ScaledClock, SystemClock
from central.errors import SettingsError
from central.hints import HintLimits
from central.networks import ANYWHERE, Networks, read_networks


@dataclass(frozen=True, slots=True)
class Database:
    """url: an SQLAlchemy URL; `sqlite:///FILE` or `postgresql://...`."""

    url: str = "sqlite:///diemdanh.db"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker listens. shared: take messages through a shared subscription (off for brokers without them).

    ca, cert, key: files (PEM) by which the broker is known and central is known to it; all empty = without TLS.
    folder: where `broker-config` wrote, "" = nowhere: who is revoked is told to that broker at once.
    """

    host: str = "127.0.0.1"
    port: int = 1883
    keepalive_s: int = 30
    shared: bool = True
    ca: str = ""
    cert: str = ""
    key: str = ""
    folder: str = ""

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted, and both ends prove who they are."""
        return bool(self.ca)


@dataclass(frozen=True, slots=True)
class CaSettings:
    """file: the key and certificate of the office's own authority (PEM), made on first need, read by its owner."""

    file: Path = Path("office-ca.pem")


@dataclass(frozen=True, slots=True)
class EnrolSettings:
    """Where stations ask to be let in (HTTPS, served beside the pages); port 0 = nowhere. `broker.folder` is needed."""

    host: str = "0.0.0.0"  # noqa: S104 - stations come from other machines
    port: int = 0


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the pages are served. terminals: attendance terminals of other makers may push there (`/iclock/`);
    terminal_networks: only from these networks. logins: whoever looks has to log in; without, only on a loopback
    address."""

    host: str = "127.0.0.1"
    port: int = 8080
    terminals: bool = False
    terminal_networks: Networks = ANYWHERE
    logins: bool = False


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An identity provider by which users may log in (`central/oidc.py`); without an issuer there is none.

    issuer, client_id, secret_file: as the provider names itself and us, and the file with our secret (none: a public
    client). pages: where these pages are, https://..., for the provider to send people back. name: what the button
    says. claim: which claim of the ID token is our user's name. factors: values of `amr`, with spaces between, that
    count as a second factor. ca: PEM file of authorities, "" = those of the system.
    """

    issuer: str = ""
    client_id: str = ""
    secret_file: str = ""
    pages: str = ""
    name: str = ""
    claim: str = "email"
    factors: str = "mfa otp hwk"
    ca: str = ""


@dataclass(frozen=True, slots=True)
class MetricsSettings:
    """port: on loopback, where a process without pages shows its counts; 0 = nowhere."""

    port: int = 0


@dataclass(frozen=True, slots=True)
class KeySettings:
    """file: central's Ed25519 private key (PEM), made on first need, readable by its owner alone."""

    file: Path = Path("central-key.pem")


@dataclass(frozen=True, slots=True)
class BackupSettings:
    """What `backup take` does when it is not told: where to, for whom (age1..., with spaces between), how many stay."""

    folder: str = ""
    recipients: str = ""
    keep: int = 14


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """scale 1 = the machine's clock. Else see `ScaledClock`."""

    scale: float = 1.0
    epoch_ms: int = 0
    started_real_ms: int = 0
    fast_ms: int = 0

    def clock(self) -> Clock:
        """The clock that these settings describe."""
        if self.scale == 1.0 and not self.epoch_ms:
            return SystemClock()
        return ScaledClock(self.epoch_ms, self.started_real_ms, self.scale, self.fast_ms)


@dataclass(frozen=True, slots=True)
class Settings:
    """All of central's settings."""

    database: Database = field(default_factory=Database)
    broker: BrokerSettings = field(default_factory=BrokerSettings)
    ca: CaSettings = field(default_factory=CaSettings)
    enrol: EnrolSettings = field(default_factory=EnrolSettings)
    web: WebSettings = field(default_factory=WebSettings)
    oidc: OidcSettings = field(default_factory=OidcSettings)
    metrics: MetricsSettings = field(default_factory=MetricsSettings)
    key: KeySettings = field(default_factory=KeySettings)
    backup: BackupSettings = field(default_factory=BackupSettings)
    clock: ClockSettings = field(default_factory=ClockSettings)
    hints: HintLimits = field(default_factory=HintLimits)


SECTIONS: dict[str, Callable[[], Any]] = {
    "database": Database,
    "broker": BrokerSettings,
    "ca": CaSettings,
    "enrol": EnrolSettings,
    "web": WebSettings,
    "oidc": OidcSettings,
    "metrics": MetricsSettings,
    "key": KeySettings,
    "backup": BackupSettings,
    "clock": ClockSettings,
    "hints": HintLimits,
}


def load_settings(file: Path | None, environment: Mapping[str, str]) -> Settings:
    """Settings from `file` (None = defaults) and `environment`; raises SettingsError."""
    found = _read(file) if file else {}
    where = str(file or "environment")
    if stray := sorted(set(found) - set(SECTIONS)):
        raise SettingsError(f"{where}: unknown section [{stray[0]}]; known are {', '.join(SECTIONS)}")
    if "DIEMDANH_DB" in environment:
        environment = {"DIEMDANH_DATABASE_URL": environment["DIEMDANH_DB"], **environment}
    read = {name: _section(make(), name, found.get(name, {}), environment, where) for name, make in SECTIONS.items()}
    made = Settings(**read)
    _check_tls(made.broker, where)
    if made.enrol.port and not made.broker.folder:
        raise SettingsError(f"{where}: enrol.port needs broker.folder, which `broker-config` writes")
    return made


def _check_tls(broker: BrokerSettings, where: str) -> None:
    absent = [name for name in ("ca", "cert", "key") if not getattr(broker, name)]
    if 0 < len(absent) < 3:
        raise SettingsError(f"{where}: broker.{absent[0]} is missing; TLS needs ca, cert and key, or none of them")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); name another file with --config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SettingsError(f"{file}: is not TOML: {error}") from error


def _section(default: Any, section: str, found: Any, environment: Mapping[str, str], where: str) -> Any:
    if not isinstance(found, dict):
        raise SettingsError(f"{where}: [{section}] must be a section, not a value")
    known = {f.name: getattr(default, f.name) for f in dataclasses.fields(default)}
    if stray := sorted(set(found) - set(known)):
        raise SettingsError(f"{where}: unknown key {section}.{stray[0]}; known are {', '.join(known)}")
    values = {}
    for key, standard in known.items():
        variable = f"DIEMDANH_{section}_{key}".upper()
        if variable in environment:
            values[key] = _parse(standard, environment[variable], f"environment {variable}")
        elif key in found:
            values[key] = _parse(standard, found[key], f"{where}: {section}.{key}")
        if key in values:
            _check_range(f"{section}.{key}", values[key], where)
    return dataclasses.replace(default, **values)


_RANGES: dict[str, tuple[float, float]] = {
    "broker.port": (1, 65535),
    "broker.keepalive_s": (2, 3600),
    "web.port": (0, 65535),
    "enrol.port": (0, 65535),
    "metrics.port": (0, 65535),
    "backup.keep": (0, 100_000),
    "clock.scale": (0.001, 100_000),
    "hints.together_percent": (1, 100),
}


def _check_range(name: str, value: Any, where: str) -> None:
    low, high = _RANGES.get(name, (None, None))
    if low is not None and high is not None and not low <= value <= high:
        raise SettingsError(f"{where}: {name} = {value} must lie between {low:g} and {high:g}")


_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def _parse(standard: Any, value: Any, where: str) -> Any:
    kind = type(standard)
    if isinstance(standard, Path):
        kind = Path
    if kind is Networks:
        return _networks(value, where)
    try:
        if kind is bool:
            return value if isinstance(value, bool) else _TRUTH[str(value).lower()]
        if isinstance(value, bool):
            raise ValueError(value)
        return kind(value)
    except (ValueError, TypeError, KeyError) as error:
        raise SettingsError(f"{where}: {value!r} is not of kind {kind.__name__}") from error


def _networks(value: Any, where: str) -> Networks:
    try:
        return read_networks(value)
    except (ValueError, TypeError) as error:
        raise SettingsError(f"{where}: {error}") from error
