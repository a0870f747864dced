"""Whoever the demo lets look can log in at once; nothing of it is known beforehand or readable by others."""

import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from central import logins
from central.clock import SystemClock
from central.permits import Role
from central.store import Store, open_store
from deploy.visitors import UNIT, Visitors, let_in, write_private

NOW_MS = SystemClock().now_ms()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    found = open_store(f"sqlite:///{tmp_path_factory.mktemp('visitors') / 'central.db'}")
    found.upgrade()
    yield found
    found.close()


@pytest.fixture(scope="module")
def visitors(store: Store) -> Visitors:
    return let_in(store, NOW_MS)


def test_there_is_a_user_of_every_role_and_each_may_log_in_at_once(store: Store, visitors: Visitors) -> None:
    assert [user.role for user in visitors.users] == list(Role)
    for user in visitors.users:
        cookie = logins.sign_in(store, NOW_MS, user.name, user.password, user.code(NOW_MS / 1000))
        visit = logins.visit_by_cookie(store, NOW_MS, cookie)
        assert visit is not None and visit.bearer.role is user.role and not visit.must_change
        assert visit.bearer.unit == (UNIT if user.role in (Role.CLERK, Role.HEAD) else "")


def test_the_key_is_an_administrator_s_and_the_link_only_views(store: Store, visitors: Visitors) -> None:
    by_key = logins.visit_by_token(store, NOW_MS, visitors.api_token)
    assert by_key is not None and by_key.bearer.role is Role.ADMINISTRATOR
    screen = logins.visit_by_cookie(store, NOW_MS, logins.open_wall(store, NOW_MS, visitors.view_token) or "")
    assert screen is not None and screen.bearer.role is Role.VIEWER


def test_the_terminal_names_everybody_with_the_code_of_now(visitors: Visitors) -> None:
    now_s = time.time()
    said = "\n".join(visitors.lines("http://127.0.0.1:8080/", now_s))
    for user in visitors.users:
        assert user.name in said and user.password in said and user.code(now_s) in said
    assert visitors.view_url("http://127.0.0.1:8080/") in said
    assert visitors.api_token not in said


def test_what_is_told_is_drawn_anew_and_for_its_owner_alone(visitors: Visitors, tmp_path: Path) -> None:
    other_store = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    other_store.upgrade()
    other = let_in(other_store, NOW_MS)
    other_store.close()
    told, again = visitors.told("/"), other.told("/")
    assert told["api_token"] != again["api_token"] and told["view_url"] != again["view_url"]
    assert all(told["users"][role]["password"] != again["users"][role]["password"] for role in told["users"])
    file = tmp_path / "demo.json"
    write_private(file, told)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    write_private(file, again)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and again["api_token"] in file.read_text("utf-8")
