"""A broker and a site for each test.

The broker is Mosquitto where it is installed; FLOW_BROKER=iotcore runs everything on the other one.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from deploy.broker import Broker, start_broker
from tests.flow.site import Site


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    kind: Literal["auto", "iotcore"] = "iotcore" if os.environ.get("FLOW_BROKER") == "iotcore" else "auto"
    with start_broker(tmp_path / "broker", kind=kind) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, broker: Broker) -> Iterator[Site]:
    with Site(tmp_path, broker) as made:
        yield made
