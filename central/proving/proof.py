"""Everything that can be proved of a database, from public keys alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from central.errors import CentralError
from central.keys import decode_key
from central.proving.devices import Asked, prove_device
from central.proving.findings import Tally
from central.proving.heads import Kept, checked, stored
from central.proving.log import prove_log
from central.store import heads, proof
from central.unknown import unknown_device
from edge.wire.notes import Verify


class ProofError(CentralError, ValueError):
    """What was given to prove with cannot be read; the message says which line."""


FORM = "a line for each station: its id, a space, its public key (or what `diemdanh-edge identity` printed there)"
"""How a file of keys is written."""


def read_keys(file: Path) -> dict[str, str]:
    """Device -> public key from a file: a line each, the id and the key, with a space or a comma between, or the two
    lines that `diemdanh-edge identity` prints; `#` begins a remark. Raises ProofError."""
    found: dict[str, str] = {}
    device = ""
    try:
        lines = file.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ProofError(f"{file}: cannot be read ({error}); --keys names a text file, {FORM}") from error
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].replace(",", " ").split()
        if words[:1] == ["device"] and len(words) == 2:
            device = words[1]
        elif words[:2] == ["public", "key"] and len(words) == 3 and device:
            found[device], device = _key(words[2], file, number), ""
        elif len(words) == 2:
            found[words[0]] = _key(words[1], file, number)
        elif words:
            raise ProofError(f"{file}:{number}: {line.strip()[:60]!r} is no station's key; write {FORM}")
    return found


def _key(text: str, file: Path, number: int) -> str:
    try:
        decode_key(text)
    except ValueError as error:
        raise ProofError(f"{file}:{number}: {error}") from error
    return text


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What holds the audit log: heads from the doors, beside those of the database. verify: by central's key; None =
    there is none, and signatures are not checked."""

    kept: Sequence[Kept] = ()
    verify: Verify | None = None


def prove(
    db: sa.Connection,
    keys: Mapping[str, str] | None = None,
    device: str | None = None,
    from_ms: int | None = None,
    to_ms: int | None = None,
    witnesses: Witnesses | None = None,
) -> Tally:
    """Walk what is stored. keys: device -> public key, None = as the database itself says; device: only this one, by
    code or id, and without the audit log and the facts. Raises UnknownDeviceError."""
    asked = Asked(proof.keys(db) if keys is None else keys, from_ms, to_ms)
    tally = Tally()
    for found in _devices(db, device):
        prove_device(db, found, asked, tally)
    if device is None:
        given = witnesses or Witnesses()
        kept = [*stored(heads.untyped(db), tally), *given.kept]
        prove_log(db, checked(kept, given.verify, tally), tally)
    return tally


def _devices(db: sa.Connection, asked: str | None) -> list[str]:
    known = proof.devices(db)
    if asked is None or asked in known:
        return known if asked is None else [asked]
    codes = proof.codes(db)
    if asked not in codes:
        raise unknown_device(asked, codes)
    return [codes[asked]]
