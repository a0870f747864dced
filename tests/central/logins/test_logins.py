"""Logging in: passwords, one-time codes, waiting after failures, sessions that end, tokens that are revoked."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pyotp
import pytest

from central import logins, passwords
from central.logins import FREE_FAILURES, IDLE_MS, LONGEST_MS, LoginError, UserError
from central.permits import Role
from central.store import Store, open_store, users

NOW_MS = 1_795_000_000_000
GOOD = "năm con mèo ngủ trưa"
OTHER = "sáu con chim hót sớm"


@pytest.fixture
def store(new_database: Callable[[str], str]) -> Iterator[Store]:
    with closing(open_store(new_database("office"))) as found:
        found.upgrade()
        yield found


def clerk(store: Store) -> str:
    """A user with a second factor; returns its secret."""
    return logins.add_user(store, NOW_MS, "lan", Role.CLERK, GOOD, must_change=False).secret


def viewer(store: Store, **more: object) -> None:
    logins.add_user(store, NOW_MS, "ba", Role.VIEWER, GOOD, **more)  # type: ignore[arg-type]


def code(secret: str, at_ms: int) -> str:
    return pyotp.TOTP(secret).at(at_ms // 1000)


def refused(store: Store, at_ms: int, name: str, password: str, one_time: str = "") -> None:
    with pytest.raises(LoginError):
        logins.sign_in(store, at_ms, name, password, one_time)


def test_the_right_password_opens_a_session(store: Store):
    viewer(store)
    visit = logins.visit_by_cookie(store, NOW_MS, logins.sign_in(store, NOW_MS, "ba", GOOD, ""))
    assert visit is not None
    assert (visit.bearer.name, visit.bearer.role, visit.must_change) == ("ba", Role.VIEWER, True)


def test_nothing_that_opens_a_door_is_stored(store: Store):
    viewer(store)
    cookie = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    with store.read() as db:
        assert users.session(db, cookie) is None
        assert users.session(db, passwords.fingerprint(cookie)) is not None
        assert users.users(db)[0].password_hash.startswith("$argon2id$")


@pytest.mark.parametrize(("name", "password"), [("ba", OTHER), ("nobody", GOOD), ("ba", ""), ("ba", "x" * 10_000)])
def test_what_is_wrong_is_refused(store: Store, name: str, password: str):
    viewer(store)
    refused(store, NOW_MS, name, password)


def test_a_one_time_code_is_needed_and_is_used_once(store: Store):
    secret = clerk(store)
    refused(store, NOW_MS, "lan", GOOD)
    refused(store, NOW_MS, "lan", GOOD, "000000")
    refused(store, NOW_MS, "lan", GOOD, code(secret, NOW_MS - 90_000))
    refused(store, NOW_MS, "lan", GOOD, "１２３４５６")
    assert logins.sign_in(store, NOW_MS, "lan", GOOD, code(secret, NOW_MS))
    refused(store, NOW_MS, "lan", GOOD, code(secret, NOW_MS))
    assert logins.sign_in(store, NOW_MS + 30_000, "lan", GOOD, code(secret, NOW_MS + 30_000))


def test_after_five_failures_a_name_waits_longer_each_time(store: Store):
    viewer(store)
    for _ in range(FREE_FAILURES):
        refused(store, NOW_MS, "ba", OTHER)
    refused(store, NOW_MS + 1_999, "ba", GOOD)
    refused(store, NOW_MS + 2_000, "ba", OTHER)
    refused(store, NOW_MS + 5_999, "ba", GOOD)
    assert logins.sign_in(store, NOW_MS + 6_000, "ba", GOOD, "")
    refused(store, NOW_MS + 6_000, "ba", OTHER)
    assert logins.sign_in(store, NOW_MS + 6_000, "ba", GOOD, "")


def test_a_session_ends_when_nothing_is_asked_and_after_half_a_day(store: Store):
    viewer(store)
    cookie = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    asked_ms = NOW_MS
    while asked_ms + IDLE_MS - 1 < NOW_MS + LONGEST_MS:
        asked_ms += IDLE_MS - 1
        assert logins.visit_by_cookie(store, asked_ms, cookie)
    assert logins.visit_by_cookie(store, NOW_MS + LONGEST_MS, cookie) is None
    idle = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    assert logins.visit_by_cookie(store, NOW_MS + IDLE_MS, idle) is None


def test_whoever_copied_a_cookie_is_out_after_the_logout(store: Store):
    viewer(store)
    cookie = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    logins.sign_out(store, cookie)
    assert logins.visit_by_cookie(store, NOW_MS, cookie) is None


def test_disabling_ends_all_sessions_and_enabling_opens_none(store: Store):
    viewer(store)
    cookie = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    logins.disable(store, "ba", NOW_MS)
    assert logins.visit_by_cookie(store, NOW_MS, cookie) is None
    refused(store, NOW_MS, "ba", GOOD)
    logins.disable(store, "ba", None)
    assert logins.visit_by_cookie(store, NOW_MS, cookie) is None
    assert logins.sign_in(store, NOW_MS, "ba", GOOD, "")


def test_a_reset_password_has_to_be_changed_and_ends_all_sessions(store: Store):
    viewer(store, must_change=False)
    before = logins.sign_in(store, NOW_MS, "ba", GOOD, "")
    logins.reset_password(store, "ba", OTHER)
    assert logins.visit_by_cookie(store, NOW_MS, before) is None
    refused(store, NOW_MS, "ba", GOOD)
    first = logins.sign_in(store, NOW_MS, "ba", OTHER, "")
    visit = logins.visit_by_cookie(store, NOW_MS, first)
    assert visit is not None and visit.must_change
    second = logins.change_password(store, NOW_MS, "ba", OTHER, GOOD)
    visit = logins.visit_by_cookie(store, NOW_MS, second)
    assert visit is not None and not visit.must_change
    assert logins.visit_by_cookie(store, NOW_MS, first) is None


def test_the_old_password_is_needed_for_a_new_one(store: Store):
    viewer(store)
    with pytest.raises(LoginError):
        logins.change_password(store, NOW_MS, "ba", OTHER, "bảy con cá bơi xa")
    for new in (GOOD, "short", "aaaaaaaaaaaaaaaa"):
        with pytest.raises(passwords.PasswordError):
            logins.change_password(store, NOW_MS, "ba", GOOD, new)


def test_an_inspector_is_let_in_until_the_decision_ends(store: Store):
    with pytest.raises(UserError, match="decision"):
        logins.add_user(store, NOW_MS, "minh", Role.INSPECTOR, GOOD)
    ends_ms = NOW_MS + 60_000
    secret = logins.add_user(store, NOW_MS, "minh", Role.INSPECTOR, GOOD, doc_no="12/QĐ", ends_ms=ends_ms).secret
    cookie = logins.sign_in(store, NOW_MS, "minh", GOOD, code(secret, NOW_MS))
    assert logins.visit_by_cookie(store, ends_ms - 1, cookie)
    assert logins.visit_by_cookie(store, ends_ms, cookie) is None


def test_a_name_is_taken_once_and_staff_need_a_record(store: Store):
    viewer(store)
    with pytest.raises(UserError, match="already"):
        viewer(store)
    with pytest.raises(UserError, match="own record"):
        logins.add_user(store, NOW_MS, "tư", Role.STAFF, GOOD)
    with pytest.raises(UserError, match="none of this name"):
        logins.disable(store, "nobody", NOW_MS)


def test_a_token_is_of_its_kind_and_is_revoked(store: Store):
    key = logins.add_token(store, NOW_MS, "mạng", "api", Role.AUDITOR)
    link = logins.add_token(store, NOW_MS, "sảnh", "wall", Role.VIEWER, "X01", NOW_MS + 60_000)
    visit = logins.visit_by_token(store, NOW_MS, key)
    assert visit is not None and visit.bearer.role is Role.AUDITOR and not visit.by_cookie
    assert logins.visit_by_token(store, NOW_MS, link) is None
    assert logins.open_wall(store, NOW_MS, key) is None
    screen = logins.open_wall(store, NOW_MS, link)
    assert screen is not None
    shown = logins.visit_by_cookie(store, NOW_MS + 59_999, screen)
    assert shown is not None and shown.bearer.unit == "X01"
    assert logins.visit_by_cookie(store, NOW_MS + 60_000, screen) is None
    with store.write() as db:
        assert users.revoke_token(db, 2, NOW_MS) and not users.revoke_token(db, 2, NOW_MS)
    assert logins.visit_by_cookie(store, NOW_MS, screen) is None
    assert logins.open_wall(store, NOW_MS, link) is None


@pytest.mark.parametrize(("kind", "role"), [("wall", Role.ADMINISTRATOR), ("api", Role.INSPECTOR), ("api", Role.STAFF)])
def test_a_token_has_no_role_that_needs_a_person(store: Store, kind: str, role: Role):
    with pytest.raises(UserError):
        logins.add_token(store, NOW_MS, "nothing", kind, role)
