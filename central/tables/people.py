"""Who may look and change: users, their sessions, tokens for machines and screens, and who looked at whom."""

from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class WebUser(SQLModel, table=True):
    """A person who logs in. unit: empty = the whole office; staff: the own record. password_hash: argon2id.
    totp_step: the last time step whose code was used, which no one uses again. disabled_ms: since when refused.
    ends_ms, doc_no: until when, and by which decision."""

    __tablename__ = "web_user"
    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, max_length=80)
    role: str = Field(max_length=16)
    unit: str = Field(default="", max_length=40)
    staff: str = Field(default="", max_length=40)
    password_hash: str = Field(max_length=200)
    must_change: bool
    totp_secret: str = Field(default="", max_length=64)
    totp_step: int = ms(default=0)  # type: ignore[assignment]
    failures: int = 0
    wait_until_ms: int = ms(default=0)  # type: ignore[assignment]
    disabled_ms: int | None = ms(default=None)  # type: ignore[assignment]
    ends_ms: int | None = ms(default=None)  # type: ignore[assignment]
    doc_no: str = Field(default="", max_length=80)
    added_ms: int = ms()  # type: ignore[assignment]


class AccessToken(SQLModel, table=True):
    """A key for a machine (kind api) or for a screen on a wall (kind wall), kept as its SHA-256. It has a role and a
    unit of its own."""

    __tablename__ = "access_token"
    id: int | None = Field(default=None, primary_key=True)
    token_hash: str = Field(unique=True, max_length=64)
    kind: str = Field(max_length=8)
    label: str = Field(max_length=80)
    role: str = Field(max_length=16)
    unit: str = Field(default="", max_length=40)
    added_ms: int = ms()  # type: ignore[assignment]
    ends_ms: int | None = ms(default=None)  # type: ignore[assignment]
    revoked_ms: int | None = ms(default=None)  # type: ignore[assignment]


class WebSession(SQLModel, table=True):
    """A browser that is logged in, by the SHA-256 of what its cookie holds; of a user, or of a wall token. seen_ms: the
    last time it asked for something, to the minute."""

    __tablename__ = "web_session"
    token_hash: str = Field(primary_key=True, max_length=64)
    user_id: int | None = Field(default=None, foreign_key="web_user.id", index=True)
    token_id: int | None = Field(default=None, foreign_key="access_token.id", index=True)
    started_ms: int = ms()  # type: ignore[assignment]
    seen_ms: int = ms()  # type: ignore[assignment]


class PersonalView(SQLModel, table=True):
    """An inspector or auditor looked at people's records. unit: which they asked for, empty = all that they may see."""

    __tablename__ = "personal_view"
    id: int | None = Field(default=None, primary_key=True)
    at_ms: int = ms(index=True)  # type: ignore[assignment]
    name: str = Field(max_length=80)
    role: str = Field(max_length=16)
    route: str = Field(max_length=80)
    unit: str = Field(default="", max_length=40)
