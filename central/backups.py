"""Backups: the database, central's key, the office's authority and the settings in one file that only its key opens.

The file is an age archive (age-encryption.org/v1, so Debian's `age` opens it too) of a tar with a manifest at its head.
Whoever makes backups needs the public half alone; the private half is kept where the machine's thief is not.
"""

import datetime as dt
import hashlib
import json
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, cast

import pyrage
from pyrage import x25519

from central.errors import CentralError
from central.keys import create_once

FORMAT = 1
MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 65_536
PIECE = 1 << 20
NAME = "diemdanh-%Y%m%dT%H%M%SZ.age"
PATTERN = "diemdanh-*.age"


class BackupError(CentralError, ValueError):
    """A backup cannot be made, or is none that can be opened; the message says which and what to do."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a backup. sha256: hexadecimal."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself. taken: ISO 8601, UTC. files: name -> piece."""

    taken: str
    version: str
    files: Mapping[str, Piece]
    format: int = FORMAT


def make_key(file: Path) -> str:
    """A new key in `file` (readable by its owner alone), and the recipient to make backups for.

    Raises BackupError when there is a file already.
    """
    if file.exists():
        raise BackupError(f"{file} exists; backups made for it need it: name another file")
    identity = x25519.Identity.generate()
    recipient = str(identity.to_public())
    create_once(file, lambda: f"# recipient: {recipient}\n{identity}\n".encode())
    return recipient


def read_recipients(words: Sequence[str]) -> list[x25519.Recipient]:
    """Raises BackupError for one that is none, or when there is none."""
    if not words:
        raise BackupError("no recipient; `backup key --out FILE` makes a key and prints its recipient (age1...)")
    return [_recipient(word) for word in words]


def _recipient(word: str) -> x25519.Recipient:
    try:
        return x25519.Recipient.from_str(word)
    except pyrage.RecipientError as error:
        raise BackupError(
            f"{word!r} is no recipient of age (age1...): {error}; `backup key` prints one, its secret half is none"
            if not word.upper().startswith("AGE-SECRET")
            else "this is the secret half of a key; give the recipient (age1...), and take the secret off this machine"
        ) from error


def take(
    make_dump: Callable[[Path], Path],
    files: Mapping[str, Path],
    recipients: Sequence[x25519.Recipient],
    folder: Path,
    now: dt.datetime,
    version: str,
) -> Path:
    """A new backup in `folder`: it is there whole, or not at all.

    make_dump: writes the database's copy into the folder it is given. files: what else goes in, by the name it gets;
    those that are not there are left out. now: aware, UTC. Raises BackupError, DatabaseError, OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / now.strftime(NAME)
    if target.exists():
        raise BackupError(f"{target} exists already; wait a second")
    with TemporaryDirectory(dir=folder, prefix=".backup-") as place:
        copy = make_dump(Path(place))
        members = {copy.name: copy, **{name: file for name, file in files.items() if file.is_file()}}
        pieces = {name: _piece(file) for name, file in members.items()}
        head = Path(place) / MANIFEST
        head.write_text(json.dumps(asdict(Manifest(now.isoformat(), version, pieces))), "utf-8")
        draft = Path(place) / "draft.age"
        with draft.open("wb") as sealed:
            _seal({MANIFEST: head, **members}, sealed, recipients)
            sealed.flush()
            os.fsync(sealed.fileno())
        draft.replace(target)
    _sync(folder)
    return target


def prune(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest `keep` backups of `folder` (by their names); those removed. keep 0 = remove none."""
    old = sorted(folder.glob(PATTERN))[:-keep] if keep else []
    for file in old:
        file.unlink()
    return old


def newest_ms(folder: Path) -> int | None:
    """When the newest backup of `folder` was taken (UTC ms, by its name); None = there is none, or no folder."""
    for file in sorted(folder.glob(PATTERN), reverse=True):
        try:
            taken = dt.datetime.strptime(file.name, NAME).replace(tzinfo=dt.UTC)
        except ValueError:
            continue
        return round(taken.timestamp() * 1000)
    return None


def restore(file: Path, key: Path, into: Path) -> Manifest:
    """Open `file` with the key in `key` and put what it holds into the new folder `into`; whole, or not at all.

    Raises BackupError when the key is another one's, or the file is damaged; OSError.
    """
    if into.exists() and any(into.iterdir()):
        raise BackupError(f"{into} is not empty; name a new folder, so that nothing that is there gets lost")
    into.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=into.parent, prefix=".restore-") as place:
        inside = Path(place) / "inside"
        inside.mkdir(mode=0o700)
        with _opened(file, _identities(key)) as archive:
            manifest = _unpack(archive, inside)
        if into.exists():
            into.rmdir()
        inside.replace(into)
    _sync(into.parent)
    return manifest


def _identities(key: Path) -> list[x25519.Identity]:
    try:
        lines = [line.strip() for line in key.read_text("ascii").splitlines()]
        return [x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except (UnicodeDecodeError, pyrage.IdentityError) as error:
        raise BackupError(
            f"{key}: no key of age (AGE-SECRET-KEY-1...): {error}; name the file of `backup key`"
        ) from error


def _seal(members: Mapping[str, Path], sealed: IO[bytes], recipients: Sequence[x25519.Recipient]) -> None:
    """Nothing of it touches the disk in the clear: the tar goes through a pipe."""
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(read_end, "rb") as packed:
        packing = pool.submit(_pack, members, write_end)
        pyrage.encrypt_io(packed, sealed, recipients)
        packing.result()


def _pack(members: Mapping[str, Path], write_end: int) -> None:
    with os.fdopen(write_end, "wb") as pipe, tarfile.open(fileobj=pipe, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, file in members.items():
            with file.open("rb") as content:
                member = tarfile.TarInfo(name)
                member.size = os.fstat(content.fileno()).st_size
                member.mode = 0o600
                tar.addfile(member, content)


@contextmanager
def _opened(file: Path, identities: Sequence[x25519.Identity]) -> Iterator[tarfile.TarFile]:
    read_end, write_end = os.pipe()
    with ThreadPoolExecutor(1) as pool, os.fdopen(read_end, "rb") as clear:
        opening = pool.submit(_decrypt, file, identities, write_end)
        try:
            with tarfile.open(fileobj=clear, mode="r|") as archive:
                yield archive
            while clear.read(PIECE):  # up to its end, whose seal says that nothing was cut off
                pass
        except tarfile.TarError as error:
            opening.result()  # why there was nothing to read
            raise BackupError(f"{file}: what is inside is no backup: {error}") from error
        opening.result()


def _decrypt(file: Path, identities: Sequence[x25519.Identity], write_end: int) -> None:
    with os.fdopen(write_end, "wb") as clear, file.open("rb") as sealed:
        try:
            pyrage.decrypt_io(sealed, clear, identities)
        except BrokenPipeError:
            pass  # whoever reads has refused it
        except (pyrage.DecryptError, OSError) as error:
            raise BackupError(
                f"{file}: cannot be opened ({error}); is this the key that it was made for, and the file whole?"
            ) from error


def _unpack(archive: tarfile.TarFile, inside: Path) -> Manifest:
    manifest = _manifest(archive)
    left = dict(manifest.files)
    while (member := archive.next()) is not None:
        expected = left.pop(member.name, None)
        if expected is None or not member.isfile() or "/" in member.name or member.name.startswith("."):
            raise BackupError(f"a file {member.name!r} that the manifest does not name; this is no backup of ours")
        target = inside / member.name
        target.touch(0o600, exist_ok=False)
        with target.open("wb") as file:
            shutil.copyfileobj(cast(IO[bytes], archive.extractfile(member)), file, PIECE)
            file.flush()
            os.fsync(file.fileno())
        if _piece(target) != expected:
            raise BackupError(f"{member.name}: not what the manifest says; this backup is damaged, take another one")
    if left:
        raise BackupError(f"{', '.join(sorted(left))}: missing in this backup; take another one")
    return manifest


def _manifest(archive: tarfile.TarFile) -> Manifest:
    member = archive.next()
    if member is None or member.name != MANIFEST or not member.isfile() or member.size > MOST_MANIFEST_BYTES:
        raise BackupError("no manifest at its head; this is no backup of ours")
    try:
        said = json.loads(cast(IO[bytes], archive.extractfile(member)).read())
        if said["format"] != FORMAT:
            raise BackupError(f"made by a newer version ({said['version']}); install that one")
        files = {
            str(name): Piece(int(piece["size_bytes"]), str(piece["sha256"])) for name, piece in said["files"].items()
        }
        return Manifest(str(said["taken"]), str(said["version"]), files)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, BackupError):
            raise
        raise BackupError(f"its manifest cannot be read: {error}") from error


def _piece(file: Path) -> Piece:
    with file.open("rb") as content:
        return Piece(file.stat().st_size, hashlib.file_digest(content, "sha256").hexdigest())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
