"""`/devices/CODE/command`: a technician's click becomes a command; the station's answer stands on the device's page."""

import secrets
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from central.clock import Clock
from central.commanding import CommandError, command_station
from central.errors import CentralError
from central.store import Store
from central.store.audit import Deed, acting
from central.web.gate import granted
from central.web.texts import chosen


def router(store: Store, clock: Clock) -> APIRouter:
    """The route. clock: of the facts."""
    found = APIRouter(include_in_schema=False)

    @found.post("/devices/{code}/command", response_class=HTMLResponse)
    def command(request: Request, code: str, lang: Annotated[str | None, Query(max_length=8)] = None) -> Response:
        bearer, language = granted(request).bearer, chosen(lang)
        if bearer is None or not bearer.name:
            raise HTTPException(403, "commands need logins (web.logins): it has to be known who gives them")
        fields = {name: value.strip() for name, value in request.state.form.items()}
        operation, address = fields.get("operation", ""), request.client.host if request.client else ""
        done, id_ = "asked", secrets.token_hex(8)
        arguments = {"lang": language, **fields}
        try:
            with acting(Deed(bearer.name, f"device {operation}"[:40], "", f"web {address}")):
                command_station(store, code, operation, arguments, bearer.name, id_, clock.now_ms())
        except CommandError:
            done = "not_asked"
        except CentralError as error:
            raise HTTPException(404, str(error)) from error
        return RedirectResponse(f"/devices/{quote(code)}?lang={language}&done={done}#commands", 303)

    return found
