"""Users, sessions, tokens, and who looked at people's records."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from central.tables import AccessToken, PersonalView, WebSession, WebUser

USER: sa.Table = WebUser.__table__  # type: ignore[attr-defined]
TOKEN: sa.Table = AccessToken.__table__  # type: ignore[attr-defined]
SESSION: sa.Table = WebSession.__table__  # type: ignore[attr-defined]
VIEW: sa.Table = PersonalView.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class User:
    """A row of `web_user`."""

    id: int
    name: str
    role: str
    unit: str
    staff: str
    password_hash: str
    must_change: bool
    totp_secret: str
    totp_step: int
    failures: int
    wait_until_ms: int
    disabled_ms: int | None
    ends_ms: int | None
    doc_no: str
    added_ms: int


@dataclass(frozen=True, slots=True)
class Token:
    """A row of `access_token`, without the hash."""

    id: int
    kind: str
    label: str
    role: str
    unit: str
    added_ms: int
    ends_ms: int | None
    revoked_ms: int | None


@dataclass(frozen=True, slots=True)
class Session:
    """A browser's session; of a user, or of a wall token."""

    user: User | None
    token: Token | None
    started_ms: int
    seen_ms: int


TOKEN_COLUMNS = [column for column in TOKEN.c if column.name != "token_hash"]


def add_user(db: sa.Connection, values: dict[str, Any]) -> None:
    """A new user. Raises IntegrityError when the name is taken."""
    db.execute(sa.insert(USER).values(totp_step=0, failures=0, wait_until_ms=0, **values))


def users(db: sa.Connection) -> list[User]:
    """All users by name, disabled ones too."""
    return [User(**row._mapping) for row in db.execute(sa.select(USER).order_by(USER.c.name))]


def user_named(db: sa.Connection, name: str, *, lock: bool = False) -> User | None:
    """The user of this name; None when there is none. lock: nobody else changes the row meanwhile."""
    query = sa.select(USER).where(USER.c.name == name)
    row = db.execute(query.with_for_update() if lock else query).first()
    return None if row is None else User(**row._mapping)


def change_user(db: sa.Connection, user: int, **values: Any) -> None:
    """Other values of a user's columns."""
    db.execute(sa.update(USER).where(USER.c.id == user).values(values))


def end_sessions(db: sa.Connection, user: int) -> None:
    """Whoever is logged in as this user is so no more."""
    db.execute(sa.delete(SESSION).where(SESSION.c.user_id == user))


def start_session(db: sa.Connection, token_hash: str, user: int | None, token: int | None, now_ms: int) -> None:
    """A browser is logged in."""
    values = {"token_hash": token_hash, "user_id": user, "token_id": token, "started_ms": now_ms, "seen_ms": now_ms}
    db.execute(sa.insert(SESSION).values(values))


def session(db: sa.Connection, token_hash: str) -> Session | None:
    """The session whose cookie has this hash; None when there is none."""
    row = db.execute(sa.select(SESSION).where(SESSION.c.token_hash == token_hash)).first()
    if row is None:
        return None
    found = db.execute(sa.select(USER).where(USER.c.id == row.user_id)).first()
    screen = db.execute(sa.select(*TOKEN_COLUMNS).where(TOKEN.c.id == row.token_id)).first()
    return Session(
        None if found is None else User(**found._mapping),
        None if screen is None else Token(**screen._mapping),
        row.started_ms,
        row.seen_ms,
    )


def session_seen(db: sa.Connection, token_hash: str, now_ms: int) -> None:
    """The browser asked for something."""
    db.execute(sa.update(SESSION).where(SESSION.c.token_hash == token_hash).values(seen_ms=now_ms))


def end_session(db: sa.Connection, token_hash: str) -> None:
    """The browser is logged out."""
    db.execute(sa.delete(SESSION).where(SESSION.c.token_hash == token_hash))


def forget_sessions(db: sa.Connection, started_before_ms: int) -> None:
    """Sessions of users that began before are over and go."""
    old = sa.and_(SESSION.c.started_ms < started_before_ms, SESSION.c.user_id.is_not(None))
    db.execute(sa.delete(SESSION).where(old))


def add_token(db: sa.Connection, values: dict[str, Any]) -> int:
    """A new token; returns its number."""
    return int(db.execute(sa.insert(TOKEN).values(values).returning(TOKEN.c.id)).scalar_one())


def tokens(db: sa.Connection) -> list[Token]:
    """All tokens, revoked ones too, in the order in which they were made."""
    return [Token(**row._mapping) for row in db.execute(sa.select(*TOKEN_COLUMNS).order_by(TOKEN.c.id))]


def token(db: sa.Connection, token_hash: str, kind: str) -> Token | None:
    """The token of a kind with this hash; None when there is none."""
    query = sa.select(*TOKEN_COLUMNS).where(TOKEN.c.token_hash == token_hash, TOKEN.c.kind == kind)
    row = db.execute(query).first()
    return None if row is None else Token(**row._mapping)


def revoke_token(db: sa.Connection, number: int, now_ms: int) -> bool:
    """Refuse a token from now on, with all screens that it opened; False when no such token was in force."""
    db.execute(sa.delete(SESSION).where(SESSION.c.token_id == number))
    standing = sa.and_(TOKEN.c.id == number, TOKEN.c.revoked_ms.is_(None))
    return db.execute(sa.update(TOKEN).where(standing).values(revoked_ms=now_ms)).rowcount > 0


def add_view(db: sa.Connection, at_ms: int, name: str, role: str, route: str, unit: str) -> None:
    """Somebody looked at people's records; only ever added."""
    db.execute(sa.insert(VIEW).values(at_ms=at_ms, name=name, role=role, route=route, unit=unit[:40]))


def views(db: sa.Connection) -> list[tuple[str, str, str]]:
    """Who (name) looked at what (route) of which unit, in order."""
    columns = (VIEW.c.name, VIEW.c.route, VIEW.c.unit)
    return [(row[0], row[1], row[2]) for row in db.execute(sa.select(*columns).order_by(VIEW.c.id))]
