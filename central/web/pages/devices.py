"""`/devices`: the fleet by unit, each device, stations that are being let in, and what a technician changes."""

import datetime as dt
import json
import logging
import re
from collections.abc import Callable
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment

from central import enrol, passwords
from central.clock import Clock
from central.errors import CentralError
from central.moments import local_date, moment
from central.moving import MoveError, move_device
from central.permits import Action, Reach, reach_of
from central.settings import Settings
from central.store import Store
from central.store.audit import Deed, acting
from central.store.claims import Slot
from central.store.fleet import TERMINAL_KEY, DeviceRow
from central.trust.authority import open_authority
from central.trust.enrolling import ConfirmError, cancel, slots
from central.trust.letting import HOURS, NoEntranceError, confirm_station, open_claim, revoke_station
from central.web.device_orders import orders_of
from central.web.device_story import story_of
from central.web.device_words import (
    A_STATION,
    A_TERMINAL,
    BAD_CODE,
    CHANGED,
    DONE,
    NO_ENTRANCE,
    NO_LOGINS,
    NO_UNIT,
    NOT_CONFIRMED,
    NOT_MOVED,
)
from central.web.fleet import Known, counts_of, known_devices, line_of, name_of, state_of, units_of
from central.web.gate import granted
from central.web.order_words import BUTTONS, MODES, NOT_ASKED, OPERATIONS
from central.web.qr import qr_svg
from central.web.slots import SlotCard, slot_cards
from central.web.texts import catalogue, chosen

log = logging.getLogger(__name__)

Lang = Annotated[str | None, Query(max_length=8)]
Word = Annotated[str, Query(max_length=40)]
DOOR = re.compile(r"[^\W_][\w.~-]{0,38}")
"""A door's code stands in addresses and on screens."""
TAKEN = frozenset({"new", "slot"})
"""How often the page loads itself again: while a station is being let in, and otherwise."""


def router(store: Store, clock: Clock, real: Clock, settings: Settings, templates: Environment) -> APIRouter:
    """The devices' routes. clock: of the facts; real: of claims and certificates."""
    routes, pages = APIRouter(include_in_schema=False), _Pages(store, clock, real, settings, templates)

    def add(path: str, work: Callable[..., Response], method: str = "GET") -> None:
        routes.add_api_route(path, work, methods=[method], response_class=HTMLResponse)

    add("/devices", pages.fleet)
    add("/devices/new", pages.new)
    add("/devices/new", pages.open, "POST")
    add("/devices/slot", pages.slot)
    add("/devices/{code}", pages.device)
    add("/devices/{code}/confirm", pages.confirm, "POST")
    add("/devices/{code}/refuse", pages.refuse, "POST")
    add("/devices/{code}/revoke", pages.revoke, "POST")
    add("/devices/{code}/move", pages.move, "POST")
    return routes


class _Pages:
    def __init__(self, store: Store, clock: Clock, real: Clock, settings: Settings, templates: Environment) -> None:
        self._store, self._clock, self._real = store, clock, real
        self._settings, self._templates = settings, templates

    def _page(self, request: Request, name: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
        grant, say = granted(request), catalogue(language).gettext
        values |= {
            "account": grant.bearer.name if grant.bearer else "",
            "may_change": self._may_change(request),
            "form_token": passwords.form_token(grant.cookie),
        }
        return HTMLResponse(self._templates.get_template(name).render(language=language, _=say, **values), status)

    @staticmethod
    def _may_change(request: Request) -> bool:
        """Whoever changes something has to be known: nobody does without logins."""
        bearer = granted(request).bearer
        return bearer is not None and bool(bearer.name) and reach_of(bearer, Action.CHANGE_DEVICES) > Reach.NOWHERE

    def _form(self, request: Request) -> dict[str, str]:
        if not self._may_change(request):
            raise HTTPException(403, "changes need logins (web.logins): it has to be known who makes them")
        return {name: value.strip() for name, value in request.state.form.items()}

    @staticmethod
    def _deed(request: Request, action: str, why: str = "") -> Deed:
        bearer = granted(request).bearer
        address = request.client.host if request.client else ""
        return Deed(bearer.name if bearer else "", action, why, f"web {address}")

    def _known(self) -> Known:
        with self._store.read() as db:
            return known_devices(db, self._clock.now_ms(), self._real.now_ms())

    def _slots(self, known: Known, language: str) -> tuple[SlotCard, ...]:
        if not self._settings.enrol.port:
            return ()
        now_ms = self._real.now_ms()
        live = {door.code: state_of(door, known) in ("live", "trouble") for door in known.doors}
        found = slots(self._store, open_authority(self._settings.ca.file, now_ms), now_ms)
        return slot_cards(found, live, now_ms, language)

    def fleet(self, request: Request, lang: Lang = None, done: Word = "") -> Response:
        return self._fleet(request, chosen(lang), DONE.get(done, ""), "", 200)

    def _fleet(self, request: Request, language: str, done: str, problem: str, status: int) -> Response:
        known, say = self._known(), catalogue(language).gettext
        units, cards = units_of(known, self._clock.now_ms(), language), self._slots(known, language)
        bearer = granted(request).bearer
        hint = "" if bearer is not None and bearer.name else say(NO_LOGINS)
        return self._page(
            request,
            "devices.html",
            language,
            status,
            units=units,
            counts=counts_of(units, language),
            slots=cards,
            done=done and say(done),
            problem=problem and say(problem),
            hint=hint,
        )

    def slot(self, request: Request, door: Word = "", lang: Lang = None) -> Response:
        language = chosen(lang)
        found = [card for card in self._slots(self._known(), language) if door in ("", card.door)]
        return self._page(request, "device_slot.html", language, slots=found)

    def new(self, request: Request, lang: Lang = None, door: Word = "", replace: Word = "") -> Response:
        return self._new(request, chosen(lang), {"door": door, "replace": replace}, "", 200)

    def _new(self, request: Request, language: str, said: dict[str, str], problem: str, status: int) -> Response:
        known, say = self._known(), catalogue(language).gettext
        waiting = [door.code for door in known.doors if not _has_station(known, door.device)]
        fields = {"door": "", "unit": "", "location": "", "replace": ""} | said
        values = {"units": self._units(known), "waiting": waiting, "said": fields, "problem": problem and say(problem)}
        return self._page(request, "device_new.html", language, status, **values)

    def _units(self, known: Known) -> list[tuple[str, str]]:
        """Codes and names of all units."""
        today = local_date(self._clock.now_ms())
        return [(code, name_of(known.roster, code, today)) for code in sorted(known.roster.units)]

    def open(self, request: Request, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        slot = Slot(
            said.get("door", ""), said.get("unit") or None, said.get("location", "")[:200], bool(said.get("replace"))
        )
        if problem := self._against(slot):
            return self._new(request, language, said, problem, 409)
        now_ms = self._real.now_ms()
        try:
            with acting(self._deed(request, "enrol open")):
                claim = open_claim(self._store, self._settings, slot, now_ms, HOURS)
        except NoEntranceError:
            return self._new(request, language, said, NO_ENTRANCE, 409)
        except CentralError:
            return self._new(request, language, said, NO_UNIT, 409)
        expires = f"{moment(now_ms + round(HOURS * 3_600_000)):%H:%M %d/%m/%Y}"
        values: dict[str, object] = {
            "door": slot.door,
            "text": claim.text,
            "qr": qr_svg(claim.text),
            "expires": expires,
        }
        return self._page(request, "device_claim.html", language, 200, **values)

    def _against(self, slot: Slot) -> str:
        """What stands against a slot for this door, "" = nothing."""
        if not DOOR.fullmatch(slot.door) or slot.door in TAKEN:
            return BAD_CODE
        there = {row.code: row for row in enrol.list_devices(self._store)}.get(slot.door)
        if there is None or not there.key or slot.replaces:
            return ""
        return A_TERMINAL if there.key == TERMINAL_KEY else A_STATION

    def device(self, request: Request, code: str, lang: Lang = None, done: Word = "") -> Response:
        asked = {"form": "command", "problem": NOT_ASKED} if done == "not_asked" else {}
        return self._device(request, code, chosen(lang), DONE.get(done, ""), asked, 200)

    def _device(
        self, request: Request, code: str, language: str, done: str, asked: dict[str, str], status: int
    ) -> Response:
        known, say, now_ms = self._known(), catalogue(language).gettext, self._clock.now_ms()
        door = next((one for one in known.doors if one.code == code), None)
        if door is None:
            raise HTTPException(404, f"there is no device {code!r}; see /devices")
        with self._store.read() as db:
            story = story_of(db, door, known, language) | orders_of(db, door.device, now_ms, language)
        unit = name_of(known.roster, door.unit, local_date(now_ms)) if door.unit else ""
        return self._page(
            request,
            "device.html",
            language,
            status,
            line=line_of(known, door, now_ms, language),
            unit=unit,
            has_station=_has_station(known, door.device),
            buttons=[(word, say(OPERATIONS[word])) for word in BUTTONS],
            modes=[(word, say(text)) for word, text in MODES.items()],
            readers=_reader_names(known, door.device),
            done=done and say(done),
            problem=say(asked["problem"]) if asked else "",
            asked=asked.get("form", ""),
            said_reason=asked.get("reason", ""),
            said_why=asked.get("why", ""),
            units=self._units(known),
            **story,
        )

    def confirm(self, request: Request, code: str, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        return self._change(
            request, language, "enrol confirm", "let_in",
            lambda: confirm_station(self._store, self._settings, code, said.get("digits", ""), self._real.now_ms()),
        )  # fmt: skip

    def refuse(self, request: Request, code: str, lang: Lang = None) -> Response:
        self._form(request)
        return self._change(request, chosen(lang), "enrol cancel", "refused", lambda: cancel(self._store, code))

    def _change(self, request: Request, language: str, action: str, done: str, work: Callable[[], object]) -> Response:
        """Do it, and on to the fleet; pages of yesterday and second clicks are answered by how it stands now."""
        try:
            with acting(self._deed(request, action)):
                work()
        except ConfirmError:
            return self._fleet(request, language, "", CHANGED, 409)
        except CentralError:
            return self._fleet(request, language, "", A_STATION, 409)
        return RedirectResponse(f"/devices?lang={language}&done={done}", 303)

    def revoke(self, request: Request, code: str, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        reason = said.get("reason", "")[:150]
        if said.get("code", "") != code or len(reason) < 3:
            asked = {"form": "revoke", "reason": reason, "problem": NOT_CONFIRMED}
            return self._device(request, code, language, "", asked, 400)
        row = self._row(code)
        if row.key in ("", TERMINAL_KEY):
            raise HTTPException(409, f"{code} has no station that could be revoked")
        by = self._deed(request, "device revoke", reason)
        with acting(by):
            revoked = revoke_station(self._store, self._settings, code, self._real.now_ms(), reason, by.who)
        if revoked.left:
            log.warning("%s is revoked by %s: %s", code, by.who, revoked.left)
        done = "revoked" if revoked.left == "" else "revoked_here"
        return RedirectResponse(f"/devices?lang={language}&done={done}", 303)

    def move(self, request: Request, code: str, lang: Lang = None) -> Response:
        said, language = self._form(request), chosen(lang)
        why = said.get("why", "")[:80]
        deed = self._deed(request, "device move", why)
        try:
            on = dt.date.fromisoformat(said.get("from", ""))
            if len(why) < 3:
                raise MoveError(NOT_MOVED)
            with acting(deed):
                move_device(self._store, code, said.get("unit", ""), on, why, deed.who, self._clock.now_ms())
        except (CentralError, ValueError):
            asked = {"form": "move", "why": why, "problem": NOT_MOVED}
            return self._device(request, code, language, "", asked, 400)
        return RedirectResponse(f"/devices/{quote(code)}?lang={language}&done=moved", 303)

    def _row(self, code: str) -> DeviceRow:
        try:
            return enrol.device_of(self._store, code)
        except CentralError as error:
            raise HTTPException(404, str(error)) from error


def _has_station(known: Known, device: str) -> bool:
    return known.roster.doors[device].station


def _reader_names(known: Known, device: str) -> list[str]:
    """The readers of which the station spoke last."""
    heard = known.heard.get(device)
    said = {} if heard is None else json.loads(heard.report)
    return [str(one["reader"]) for one in said.get("readers", ())]
