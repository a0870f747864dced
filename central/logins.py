"""Logging in and out: users, sessions that can be revoked, tokens for machines and screens.

A session ends after 30 minutes without a request and 12 hours after its begin; a wall screen's when its token is
revoked. After five failures in a row a name waits 2 s, then twice as long each time, at most 15 minutes; meanwhile
nothing is checked. What is wrong is never told: name, password and code fail alike. Times are the real clock's, UTC
milliseconds.
"""

from dataclasses import dataclass

from central import passwords
from central.errors import CentralError
from central.permits import Bearer, Role, needs_second_factor
from central.store import Store, users

IDLE_MS = 30 * 60_000
LONGEST_MS = 12 * 3_600_000
SEEN_MS = 60_000
FREE_FAILURES = 5
LONGEST_WAIT_MS = 15 * 60_000


class LoginError(CentralError, PermissionError):
    """Name, password or code are wrong, or the name has to wait; which of them is not told."""


class SecondFactorError(LoginError):
    """This user needs a second factor, and whoever vouches for them asked for none."""


class UserError(CentralError, ValueError):
    """A user or token cannot be made, found or changed; the message says why."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A request whose sender is known. must_change: the password has to be changed first. by_cookie: a browser sent
    it, so that forms need proof. person: a user, not a token, whose label may be anybody's name."""

    bearer: Bearer
    must_change: bool = False
    by_cookie: bool = True
    person: bool = True


@dataclass(frozen=True, slots=True)
class Made:
    """What is shown once: the address for the telephone, empty without a second factor; its secret."""

    address: str
    secret: str


def add_user(
    store: Store,
    now_ms: int,
    name: str,
    role: Role,
    password: str,
    *,
    unit: str = "",
    staff: str = "",
    doc_no: str = "",
    ends_ms: int | None = None,
    must_change: bool = True,
) -> Made:
    """A new user. Raises UserError, PasswordError."""
    if role is Role.INSPECTOR and not (doc_no and ends_ms):
        raise UserError(f"{name}: an inspector needs the number of the decision and its last day")
    if role is Role.STAFF and not staff:
        raise UserError(f"{name}: role staff needs the code of the own record")
    secret = passwords.new_secret() if needs_second_factor(role) else ""
    values = {
        "name": name,
        "role": role.value,
        "unit": unit,
        "staff": staff,
        "password_hash": passwords.hashed(password),
        "must_change": must_change,
        "totp_secret": secret,
        "doc_no": doc_no,
        "ends_ms": ends_ms,
        "added_ms": now_ms,
    }
    with store.write() as db:
        if users.user_named(db, name):
            raise UserError(f"user {name}: there is one already; choose another name")
        users.add_user(db, values)
    return Made(passwords.enrolment(secret, name) if secret else "", secret)


def reset_password(store: Store, name: str, password: str) -> None:
    """Another password, to be changed at the next login; every session of the user ends. Raises as `add_user`."""
    stored = passwords.hashed(password)
    with store.write() as db:
        user = known(users.user_named(db, name, lock=True), name)
        users.change_user(db, user.id, password_hash=stored, must_change=True, failures=0, wait_until_ms=0)
        users.end_sessions(db, user.id)


def disable(store: Store, name: str, now_ms: int | None) -> None:
    """Refuse a user from now on, sessions too; None lets them in again. Raises UserError."""
    with store.write() as db:
        user = known(users.user_named(db, name, lock=True), name)
        users.change_user(db, user.id, disabled_ms=now_ms)
        users.end_sessions(db, user.id)


def known(user: users.User | None, name: str) -> users.User:
    """The user. Raises UserError when there is none."""
    if user is None:
        raise UserError(f"user {name}: there is none of this name; `user list` names all")
    return user


def sign_in(store: Store, now_ms: int, name: str, password: str, code: str) -> str:
    """The cookie of a new session. Slow by intent: call it from few threads. Raises LoginError."""
    with store.read() as db:
        user = users.user_named(db, name)
    if user is not None and now_ms < user.wait_until_ms:
        raise LoginError(f"login of {name!r}: wait")
    right = passwords.matches(password, None if user is None else user.password_hash)
    if user is None:
        raise LoginError(f"login of {name!r}: refused")
    cookie = passwords.new_token()
    with store.write() as db:
        now = known(users.user_named(db, name, lock=True), name)
        # What was checked is what is stored now: a reset or a code used meanwhile by another browser counts.
        fresh = right and now.password_hash == user.password_hash and now_ms >= now.wait_until_ms
        step = _second_factor(now, code, now_ms) if fresh and _in_force(now, now_ms) else None
        if step is not None:
            users.change_user(db, now.id, failures=0, wait_until_ms=0, totp_step=step)
            users.forget_sessions(db, now_ms - LONGEST_MS)
            users.start_session(db, passwords.fingerprint(cookie), now.id, None, now_ms)
            return cookie
        wait_ms = _wait_ms(now.failures + 1)
        users.change_user(db, now.id, failures=now.failures + 1, wait_until_ms=now_ms + wait_ms if wait_ms else 0)
    raise LoginError(f"login of {name!r}: refused")


def sign_in_trusted(store: Store, now_ms: int, name: str, *, second_factor: bool) -> str:
    """The cookie of a new session of whom the office's own provider vouches for. second_factor: it asked for one.

    Raises LoginError: there is no such user, or not any more; SecondFactorError.
    """
    cookie = passwords.new_token()
    with store.write() as db:
        user = users.user_named(db, name, lock=True)
        if user is None or not _in_force(user, now_ms):
            raise LoginError(f"login of {name!r}: no user in force has this name; `user add` makes one")
        if user.totp_secret and not second_factor:
            raise SecondFactorError(f"login of {name!r}: role {user.role} needs a second factor (oidc.factors)")
        users.forget_sessions(db, now_ms - LONGEST_MS)
        users.start_session(db, passwords.fingerprint(cookie), user.id, None, now_ms)
    return cookie


def _second_factor(user: users.User, code: str, now_ms: int) -> int | None:
    if not user.totp_secret:
        return user.totp_step
    return passwords.step_of(code, user.totp_secret, now_ms, user.totp_step)


def _wait_ms(failures: int) -> int:
    """How long a name waits after so many failures in a row."""
    if failures < FREE_FAILURES:
        return 0
    return int(min(LONGEST_WAIT_MS, 2000 * 2 ** min(failures - FREE_FAILURES, 20)))


def _in_force(user: users.User, now_ms: int) -> bool:
    return user.disabled_ms is None and (user.ends_ms is None or now_ms < user.ends_ms)


def visit_by_cookie(store: Store, now_ms: int, cookie: str, *, asks: bool = True) -> Visit | None:
    """Who sent a request with this cookie; None: nobody who is let in. asks: a person did, who is there then."""
    key = passwords.fingerprint(cookie)
    with store.read() as db:
        session = users.session(db, key)
    if session is None:
        return None
    visit = _of_screen(session.token, now_ms) if session.user is None else _of_user(session.user, session, now_ms)
    if visit is not None and asks and now_ms - session.seen_ms >= SEEN_MS:
        with store.write() as db:
            users.session_seen(db, key, now_ms)
    return visit


def _of_user(user: users.User, session: users.Session, now_ms: int) -> Visit | None:
    over = now_ms - session.seen_ms >= IDLE_MS or now_ms - session.started_ms >= LONGEST_MS
    if over or not _in_force(user, now_ms):
        return None
    return Visit(Bearer(user.name, Role(user.role), user.unit, user.staff), user.must_change)


def _of_screen(token: users.Token | None, now_ms: int) -> Visit | None:
    if token is None or token.revoked_ms is not None or (token.ends_ms is not None and now_ms >= token.ends_ms):
        return None
    return Visit(Bearer(token.label, Role(token.role), token.unit), person=False)


def visit_by_token(store: Store, now_ms: int, text: str) -> Visit | None:
    """Who sent a request with this token of a machine; None: nobody who is let in."""
    with store.read() as db:
        found = _of_screen(users.token(db, passwords.fingerprint(text), "api"), now_ms)
    return None if found is None else Visit(found.bearer, by_cookie=False, person=False)


def open_wall(store: Store, now_ms: int, text: str) -> str | None:
    """The cookie of a screen whose link holds this token; None when the link is not in force."""
    cookie = passwords.new_token()
    with store.write() as db:
        token = users.token(db, passwords.fingerprint(text), "wall")
        if token is None or _of_screen(token, now_ms) is None:
            return None
        users.start_session(db, passwords.fingerprint(cookie), None, token.id, now_ms)
    return cookie


def sign_out(store: Store, cookie: str) -> None:
    """End the session of this cookie; whoever kept a copy of it is out too."""
    with store.write() as db:
        users.end_session(db, passwords.fingerprint(cookie))


def change_password(store: Store, now_ms: int, name: str, old: str, new: str) -> str:
    """Another password; all sessions of the user end, and the cookie of a new one is returned. Raises LoginError when
    the old one is wrong, PasswordError when the new one is not good enough."""
    with store.read() as db:
        user = known(users.user_named(db, name), name)
    if now_ms < user.wait_until_ms or not passwords.matches(old, user.password_hash):
        _failed(store, now_ms, name)
        raise LoginError(f"password of {name!r}: refused")
    if old == new:
        raise passwords.PasswordError("the new password is the old one; choose another")
    stored, cookie = passwords.hashed(new), passwords.new_token()
    with store.write() as db:
        users.change_user(db, user.id, password_hash=stored, must_change=False, failures=0, wait_until_ms=0)
        users.end_sessions(db, user.id)
        users.start_session(db, passwords.fingerprint(cookie), user.id, None, now_ms)
    return cookie


def _failed(store: Store, now_ms: int, name: str) -> None:
    with store.write() as db:
        user = known(users.user_named(db, name, lock=True), name)
        wait_ms = _wait_ms(user.failures + 1)
        users.change_user(db, user.id, failures=user.failures + 1, wait_until_ms=now_ms + wait_ms if wait_ms else 0)


def add_token(
    store: Store, now_ms: int, label: str, kind: str, role: Role, unit: str = "", ends_ms: int | None = None
) -> str:
    """A new token, shown once. kind: api or wall; a wall may only view. Raises UserError."""
    if kind == "wall" and role is not Role.VIEWER:
        raise UserError(f"{label}: a screen on a wall only views; leave --role out")
    if role in (Role.STAFF, Role.INSPECTOR):
        raise UserError(f"{label}: a token belongs to no person; role {role.value} needs one")
    text = passwords.new_token()
    values = {
        "token_hash": passwords.fingerprint(text),
        "kind": kind,
        "label": label,
        "role": role.value,
        "unit": unit,
        "added_ms": now_ms,
        "ends_ms": ends_ms,
    }
    with store.write() as db:
        users.add_token(db, values)
    return text
