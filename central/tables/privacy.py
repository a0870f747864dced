"""How long records are kept, what was taken away in time, and who was made nameless. Rows are only added."""

from sqlmodel import Field, SQLModel

from central.tables.columns import ms


class PrivacyDecision(SQLModel, table=True):
    """what: rule (of `kind` nothing is kept longer than `months`; the newest one of a kind holds), applied (`amount`
    rows of the kind went), nameless (`kind` is the code of the person). doc_no, by: on which document, who."""

    __tablename__ = "privacy_decision"
    id: int | None = Field(default=None, primary_key=True)
    what: str = Field(max_length=16)
    kind: str = Field(max_length=40, index=True)
    months: int | None = None
    amount: int = 0
    doc_no: str = Field(default="", max_length=80)
    by: str = Field(default="", max_length=80)
    at_ms: int = ms()  # type: ignore[assignment]
