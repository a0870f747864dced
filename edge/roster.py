"""The configuration that central last sent, kept whole on disk and replaced whole: roster, texts, policy.

The file is the signed note as it came, so that what a restart reads is checked exactly like what the network brings. A
damaged or foreign file is an empty roster and a warning: the door then records every badge as unknown, and central
knows better. The heads of central's audit log that come with it are kept for longer (`witness.py`).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from edge.badges import is_partial, may_be
from edge.files import replace_file
from edge.wire.config import Config, RosterEntry, decode_config
from edge.wire.notes import Verify
from edge.wire.text import WireError
from edge.witness import Witness

FILE = "cfg.note"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class View:
    """One configuration, ready to be asked by the door; without one, everybody is unknown and version is 0."""

    version: int = 0
    entries: Mapping[str, RosterEntry] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)
    policy: Mapping[str, int] = field(default_factory=dict)

    def lookup(self, badge: str) -> RosterEntry | None:
        """Who carries `badge` (canonical number); None = nobody that this door knows."""
        return self.entries.get(badge)

    def whole(self, badge: str) -> str:
        """The number of the only active badge of this site that `badge` may be; itself where it is whole, is in the
        list as it is, or may be several. Of the 24 bits of a Wiegand reader, 60 people share none (0.01 %)."""
        if not is_partial(badge) or badge in self.entries:
            return badge
        found = [e.badge for e in self.entries.values() if e.state == "active" and may_be(badge, e.badge)]
        return found[0] if len(found) == 1 else badge


class Roster:
    """The cached configuration of one device. verify: central's pinned key.

    `view` is replaced in one assignment, so that a reader in another thread sees the old one or the new one, whole.
    """

    def __init__(self, folder: Path, device: str, verify: Verify) -> None:
        self._path = folder / FILE
        self._device = device
        self._verify = verify
        self._witness = Witness(folder, verify)
        self.view = View()

    def load(self) -> None:
        """Take the cached configuration. Never raises: without a good one the roster is empty."""
        try:
            config = self._checked(self._path.read_bytes())
        except FileNotFoundError:
            log.info("%s: no configuration from central yet; every badge is unknown to the door", self._path)
        except (OSError, WireError) as error:
            log.warning("%s: %s; every badge is unknown until central sends its configuration again", self._path, error)
        else:
            self.view = _view(config)
            self._keep_again(config)

    def _keep_again(self, config: Config) -> None:
        """The power may have gone between the two files."""
        try:
            self._witness.keep(config.heads)
        except OSError as error:
            log.warning("%s: %s; central sends its heads again tomorrow", self._path, error)

    def accept(self, payload: bytes) -> bool:
        """Apply a `cfg` from the network: True = it is on disk and in force, False = we have it or a newer one.

        Raises WireError for one that is not central's or not for this device, OSError when it cannot be kept.
        """
        config = self._checked(payload)
        if config.version <= self.view.version:
            return False
        replace_file(self._path, payload)
        self.view = _view(config)
        self._witness.keep(config.heads)
        return True

    def _checked(self, payload: bytes) -> Config:
        config = decode_config(payload, self._verify)
        if config.device != self._device:
            raise WireError(f"cfg: for device {config.device}, this is {self._device}")
        return config


def _view(config: Config) -> View:
    entries = {entry.badge: entry for entry in config.roster}
    return View(config.version, entries, dict(config.texts), dict(config.policy))
