"""The office that the tests of pages look at."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from central import logins
from central.clock import SystemClock
from central.health import Liveness
from central.inspection import sign
from central.ledger import Ledger
from central.minutes import Signers
from central.permits import Role
from central.rollcall import Kind, Opening, open_round
from central.roster.imports import import_office
from central.settings import CaSettings, KeySettings, Settings, WebSettings
from central.store import open_store
from central.store.roster import every_code
from central.web.app import Pages
from deploy.broker import free_port
from tests.central.web.served import CLOCK, OFFICE, PASSWORD, UNIT, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("gate")
    with closing(open_store(f"sqlite:///{folder / 'central.db'}")) as store:
        store.upgrade()
        import_office(store, SystemClock(), OFFICE)
        Ledger(store, CLOCK).settle()
        with store.read() as db:
            staff = every_code(db)[0]
        now_ms = SystemClock().now_ms()
        secrets = {
            role: logins.add_user(
                store, now_ms, role.value, role, PASSWORD, unit=UNIT, staff=staff if role is Role.STAFF else "",
                doc_no="12/QĐ", ends_ms=now_ms + 3_600_000, must_change=False,
            ).secret
            for role in Role
        }  # fmt: skip
        open_round(store, CLOCK, Opening(Kind.ROLL_CALL, UNIT, "gate-0001"), "an")
        opening = Opening(Kind.INSPECTION, UNIT, "gate-0002", "đoàn", "QĐ 1", "state")
        sign(store, CLOCK, open_round(store, CLOCK, opening, "an"), Signers("a", "b", "c"), "an")
        port = free_port()
        web = WebSettings(port=port, logins=True)
        # What is made on first need belongs to the test, not to the folder that it is started in.
        whole = Settings(web=web, ca=CaSettings(folder / "office-ca.pem"), key=KeySettings(folder / "central-key.pem"))
        pages = Pages(web, store, CLOCK, Liveness(CLOCK), whole)
        pages.start()
        found = Site(f"http://127.0.0.1:{port}", store, secrets, staff)
        try:
            yield found
        finally:
            pages.stop()
