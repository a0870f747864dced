"""The shortest way through everything, on each broker that we know."""

from pathlib import Path
from typing import Literal

import pytest

from deploy.broker import start_broker
from tests.flow.site import Site
from tests.flow.wiretap import Wiretap


@pytest.mark.parametrize("kind", ["mosquitto", "iotcore"])
def test_a_tap_is_green_then_stored_then_acknowledged(tmp_path: Path, kind: Literal["mosquitto", "iotcore"]) -> None:
    with start_broker(tmp_path / "broker", kind=kind) as broker, Site(tmp_path, broker) as site:
        site.door("D-1")
        site.collect()
        site.power("D-1")
        for _ in range(3):
            site.tap("D-1")
        site.settled()


@pytest.mark.parametrize("kind", ["mosquitto", "iotcore"])
def test_somebody_who_listens_to_everything_is_in_nobodys_way(
    tmp_path: Path, kind: Literal["mosquitto", "iotcore"]
) -> None:
    with start_broker(tmp_path / "broker", kind=kind) as broker, Site(tmp_path, broker) as site:
        site.door("D-1")
        site.power("D-1")
        for _ in range(5):
            site.tap("D-1")
        with Wiretap(broker):
            site.collect()
            site.settled()
