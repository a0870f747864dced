"""Whatever moment a station loses its power in, no green light was a lie."""

import random
import threading

from tests.flow.site import Site

DOORS = 8
LIVES = 26
IN_START_UP = 0.2
SMALL = "[journal]\nsegment_bytes = 16384\nring_events = 100\n"
"""For half of the doors: new files are begun and old ones thrown away all the time."""


def test_no_green_tap_is_lost_in_two_hundred_power_cuts(site: Site) -> None:
    codes = [f"D-{number}" for number in range(DOORS)]
    for number, code in enumerate(codes):
        config = site.door(code).config
        if number % 2:
            config.write_text(config.read_text("utf-8") + SMALL, "utf-8")
    site.collect()
    kills: dict[str, int] = dict.fromkeys(codes, 0)

    def live_and_die(code: str) -> None:
        draw, never = random.Random(code), threading.Event()  # noqa: S311 - moments, not secrets
        for _ in range(LIVES):
            site.fleet.start(code)
            if draw.random() < IN_START_UP:
                never.wait(draw.random() * 0.5)
            else:
                site.fleet.wait_ready(code, 60)
                with site.stream(code, every_s=0.004):
                    never.wait(draw.random() * 0.4)
            site.fleet.kill(code)
            kills[code] += 1

    threads = [threading.Thread(target=live_and_die, args=(code,), name=code) for code in codes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(kills.values()) >= 200
    assert len(site.greens()) >= 200
    site.power(*codes)
    site.settled(90, unseen=sum(kills.values()))
