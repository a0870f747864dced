"""Real stations (`python -m edge run`) behind TLS, started as their unit starts them."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

from edge.identity import Identity, open_identity

ROOT = Path(__file__).parents[2]


class Station:
    """A station without readers. Use it in a `with`."""

    def __init__(self, folder: Path, settings: str) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.data = folder / "data"
        self.config = folder / "station.toml"
        self.config.write_text(
            f'[station]\ndata = "{self.data}"\n[panel]\npins = "mock"\n[uplink]\nheartbeat_s = 1\n{settings}', "utf-8"
        )
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def identity(self) -> Identity:
        return open_identity(self.data)

    def key_file(self) -> Path:
        """Its own key as a certificate's key is written."""
        path = self.folder / "key.pem"
        path.write_text(self.identity.key_pem())
        return path

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(self.config)], cwd=ROOT, stdout=log, stderr=log
            )

    def said(self) -> str:
        with suppress(FileNotFoundError):
            return (self.folder / "log").read_text("utf-8")
        return ""

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def __enter__(self) -> "Station":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(20)
