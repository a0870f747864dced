"""`/privacy/export`: everything that is held about a person, for the person, and for whoever answers for the office."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response

from central import privacy
from central.clock import Clock
from central.store import Store
from central.web.gate import granted


def router(store: Store, clock: Clock) -> APIRouter:
    """The route of the export."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/privacy/export")
    def export(request: Request, staff: Annotated[str, Query(max_length=40)] = "") -> Response:
        grant = granted(request)
        mine = grant.bearer.staff if grant.own and grant.bearer else ""
        code = mine or staff.replace("\0", "")
        if grant.own and staff not in ("", mine):
            raise HTTPException(403, "this is somebody else's record")
        if not code:
            raise HTTPException(400, "whose record? Ask for /privacy/export?staff=CODE")
        who = grant.bearer.name if grant.bearer else ""
        try:
            text = privacy.export(store, clock, code, who, "/privacy/export")
        except privacy.PrivacyError as error:
            raise HTTPException(404, str(error)) from error
        headers = {"Content-Disposition": 'attachment; filename="diemdanh.json"'}
        return Response(text, media_type="application/json", headers=headers)

    return routes
