"""The links at the top of every page: one line a page, each shown to whoever may see it, and to nobody else.

What a page needs stands in `needs`, so that a link and its page can never say different things. Whoever looks is
remembered by the gate for the length of a request; `base.html` asks for the links.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from central.permits import Bearer, Reach, reach_of
from central.web.needs import NEEDS


@dataclass(frozen=True, slots=True)
class Page:
    """A page that stands in the navigation. title: English key of the catalogues; least: how far what it needs has to
    reach for the link to be of use: OWN for pages about oneself."""

    path: str
    title: str
    least: Reach = Reach.UNIT


PAGES = (
    Page("/", "Attendance board"),
    Page("/roll-calls", "Roll calls"),
    Page("/inspections", "Inspections"),
    Page("/reports", "Reports", Reach.OWN),
    Page("/devices", "Devices"),
    Page("/health", "System health"),
    Page("/audit", "Audit log"),
)
"""In the order of the screen. To add a page: one line here."""


@dataclass(frozen=True, slots=True)
class Link:
    """here: the page that is being looked at, or one below it."""

    path: str
    title: str
    here: bool


@dataclass(frozen=True, slots=True)
class Looking:
    """Who looks, and at which path. bearer: None = nobody who may see pages yet."""

    bearer: Bearer | None = None
    path: str = ""


looking: ContextVar[Looking] = ContextVar("looking", default=Looking())  # noqa: B039 - it is frozen


def links() -> tuple[Link, ...]:
    """Links for whoever looks; none where there would be nowhere else to go."""
    now = looking.get()
    if now.bearer is None:
        return ()
    found = tuple(Link(page.path, page.title, _here(page.path, now.path)) for page in PAGES if opens(page, now.bearer))
    return found if any(not link.here for link in found) else ()


def opens(page: Page, bearer: Bearer) -> bool:
    """Whether this person may see the page."""
    return reach_of(bearer, NEEDS[f"GET {page.path}"]) >= page.least


def _here(path: str, now: str) -> bool:
    return now == path or (path != "/" and now.startswith(path + "/"))
