"""A broker and a site for each test; long runs only when asked for (`-m soak`).

The broker is Mosquitto where it is installed; FLOW_BROKER=iotcore runs everything on the other one.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from deploy.broker import Broker, start_broker
from tests.flow.site import Site


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("markexpr"):
        return
    long_ones = [item for item in items if item.get_closest_marker("soak")]
    if long_ones:
        config.hook.pytest_deselected(items=long_ones)
        items[:] = [item for item in items if item not in long_ones]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    kind: Literal["auto", "iotcore"] = "iotcore" if os.environ.get("FLOW_BROKER") == "iotcore" else "auto"
    with start_broker(tmp_path / "broker", kind=kind) as made:
        yield made


@pytest.fixture
def site(tmp_path: Path, broker: Broker) -> Iterator[Site]:
    with Site(tmp_path, broker) as made:
        yield made
