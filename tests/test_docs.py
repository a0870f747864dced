"""The READMEs fail when they lie: every command, setting, kind, word and driver stands in them, and nothing else."""

import argparse
import dataclasses
import json
import re
import subprocess
import sys
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import central.settings
import deploy.commands
import edge.settings
from central.__main__ import build_parser as central_parser
from central.presence import State
from central.roster.office import FILES
from central.rules.day import Flag, Outcome
from edge.__main__ import build_parser as edge_parser
from edge.readers import DRIVERS
from edge.wire.events import KINDS
from edge.wire.topics import Channel

ROOT = Path(__file__).parents[1]
FRONT, EDGE, CENTRAL, DEPLOY = (
    (ROOT / name).read_text("utf-8")
    for name in ("README.md", "edge/README.md", "central/README.md", "deploy/README.md")
)


def commands(parser: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Every subcommand with its own parser, nested ones by their full words."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, inner in action.choices.items():
                yield f"{before}{name}", inner
                yield from commands(inner, f"{before}{name} ")


def options(parser: argparse.ArgumentParser) -> set[str]:
    return {text for action in parser._actions for text in action.option_strings if text.startswith("--")} - {"--help"}


@pytest.mark.parametrize(
    ("room", "parser"), [(EDGE, edge_parser()), (CENTRAL, central_parser())], ids=["edge", "central"]
)
def test_every_command_and_option_is_described(room: str, parser: argparse.ArgumentParser):
    missing = [name for name, _ in commands(parser) if not re.search(rf"`(diemdanh-\w+ )?{name}\b", room)]
    missing += [option for _, inner in commands(parser) for option in options(inner) if option not in room]
    missing += [option for option in options(parser) if option not in room]
    assert not missing


@pytest.mark.parametrize("text", [FRONT, EDGE, CENTRAL, DEPLOY], ids=["front", "edge", "central", "deploy"])
def test_every_command_that_is_described_exists(text: str):
    known = {"diemdanh-edge": edge_parser(), "diemdanh-central": central_parser()}
    for program, command in re.findall(r"`(diemdanh-(?:edge|central)) ([a-z][a-z-]+)", text):
        assert command in {name for name, _ in commands(known[program])}, f"{program} {command}"


@pytest.mark.parametrize("text", [FRONT, EDGE, CENTRAL, DEPLOY], ids=["front", "edge", "central", "deploy"])
def test_every_option_of_a_described_command_exists(text: str):
    known = {"diemdanh-edge": edge_parser(), "diemdanh-central": central_parser()}
    for program, line in re.findall(r"`(diemdanh-(?:edge|central)) ([^`]+)`", text):
        words = re.findall(r"--[a-z-]+|\b[a-z][a-z-]+\b", line)
        every = dict(commands(known[program]))
        chosen = max((name for name in every if f"{line} ".startswith(f"{name} ")), key=len, default=None)
        has = options(known[program]) | (options(every[chosen]) if chosen else set())
        assert {word for word in words if word.startswith("--")} <= has, line


def test_every_command_of_the_front_door_is_described_and_no_other():
    offered = set(re.findall(r"^  ([a-z]+)  ", deploy.commands.USAGE, re.M))
    assert offered == {"demo", "test", "bench"}
    for text in (FRONT, DEPLOY):
        assert set(re.findall(r"deploy/run\.py ([a-z]+)", text)) == offered


def test_every_option_of_the_demo_is_described():
    done = subprocess.run(
        [sys.executable, "-c", "from deploy.demo import main; main(['--help'])"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    for option in set(re.findall(r"--[a-z-]+", done.stdout)) - {"--help"}:
        assert f"`{option}" in FRONT, option


def keys(settings: type) -> set[str]:
    found = set()
    for section in dataclasses.fields(settings):
        kind = section.default_factory
        if dataclasses.is_dataclass(kind):
            found |= {f"{section.name}.{key.name}" for key in dataclasses.fields(kind)}
    return found


def test_every_setting_of_central_is_described():
    described = set(re.findall(r"`([a-z]+\.[a-z_]+)`", CENTRAL))
    assert keys(central.settings.Settings) <= described


def test_every_setting_of_the_station_is_described():
    for section, kind in {**edge.settings.SECTIONS, "reader": edge.settings.ReaderSettings}.items():
        (line,) = re.findall(rf"^\| `\[+{section}\]+` \| (.*) \|$", EDGE, re.M)
        assert {field.name for field in dataclasses.fields(kind)} <= set(re.findall(r"`([a-z_]+)`", line)), section


def test_every_event_kind_topic_and_driver_is_described():
    for word in (*KINDS, *(channel.value for channel in Channel), *DRIVERS):
        assert f"`{word}`" in EDGE, word


def test_every_word_of_presence_and_verdict_is_described():
    for word in (*State, *Outcome, *Flag):
        assert f"`{word.value}`" in FRONT, word


def test_every_file_and_column_of_the_office_format_is_described():
    for name, columns in FILES.items():
        (line,) = re.findall(rf"^\| {name} \| (.*) \|$", CENTRAL, re.M)
        assert all(re.search(rf"\b{column}\b", line) for column in columns), name


def test_the_example_of_the_wire_is_the_golden_one_and_its_key_opens_it():
    golden = json.loads((ROOT / "tests/contract/golden_v1.json").read_text("utf-8"))
    for name in ("up_sealed", "ack"):
        assert "\n".join(golden[name]) in EDGE
    # As the stranger would do it, from what the page says alone.
    (key,) = re.findall(r"its key is `([A-Za-z0-9_-]{43})`", EDGE)
    header, first, second, seal, signature = golden["up_sealed"]
    Ed25519PublicKey.from_public_bytes(urlsafe_b64decode(key + "=")).verify(
        urlsafe_b64decode(signature + "=="), seal.encode()
    )
    chained = sha256(b"dd/1/d00112233445566aa/0123456789abcdef").digest()
    assert json.loads(header)["before"] == chained.hex()
    for line in (first, second):
        chained = sha256(chained + line.encode()).digest()
    assert json.loads(seal)["hash"] == chained.hex()


def test_every_file_that_a_map_names_exists():
    for folder, text in (("edge", EDGE), ("central", CENTRAL)):
        table = text.split("\n## ")[0]
        for name in re.findall(r"`([a-z_]+(?:\.py|/))`", table):
            assert (ROOT / folder / name).exists(), f"{folder}/{name}"


def test_every_file_of_a_room_stands_in_its_map():
    for folder, text in (("edge", EDGE), ("central", CENTRAL)):
        table = text.split("\n## ")[0]
        files = {path.name for path in (ROOT / folder).glob("*.py")} - {"__init__.py"}
        folders = {f"{path.parent.name}/" for path in (ROOT / folder).glob("*/__init__.py")}
        missing = {name for name in files | folders if f"`{name}`" not in table}
        assert not missing, folder
