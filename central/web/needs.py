"""What every route needs: one line each. A route without a line is refused to everybody, and a test fails."""

from central.permits import Action

A = Action
NEEDS: dict[str, Action] = {
    "GET /login": A.SIGN_IN,
    "POST /login": A.SIGN_IN,
    "GET /login/oidc": A.SIGN_IN,
    "GET /login/oidc/back": A.SIGN_IN,
    "GET /tv/{token}": A.SIGN_IN,
    "GET /privacy": A.SIGN_IN,
    "GET /privacy/export": A.EXPORT_PERSON,
    "GET /healthz": A.SIGN_IN,
    "GET /account": A.OWN_ACCOUNT,
    "POST /account": A.OWN_ACCOUNT,
    "POST /logout": A.OWN_ACCOUNT,
    "GET /api/openapi.json": A.OWN_ACCOUNT,
    "GET /": A.SEE_PRESENCE,
    "GET /board/stream": A.SEE_PRESENCE,
    "GET /api/v1/presence": A.SEE_PRESENCE,
    "GET /api/v1/stream": A.SEE_ALL_PRESENCE,
    "GET /api/v1/verdicts": A.SEE_VERDICTS,
    "GET /api/v1/devices": A.SEE_DEVICES,
    "GET /metrics": A.SEE_DEVICES,
    "GET /devices": A.SEE_DEVICES,
    "GET /devices/{code}": A.SEE_DEVICES,
    "GET /devices/slot": A.SEE_DEVICES,
    "GET /devices/new": A.CHANGE_DEVICES,
    "POST /devices/new": A.CHANGE_DEVICES,
    "POST /devices/{code}/confirm": A.CHANGE_DEVICES,
    "POST /devices/{code}/refuse": A.CHANGE_DEVICES,
    "POST /devices/{code}/revoke": A.CHANGE_DEVICES,
    "POST /devices/{code}/move": A.CHANGE_DEVICES,
    "POST /devices/{code}/command": A.CHANGE_DEVICES,
    "GET /health": A.SEE_DEVICES,
    "GET /audit": A.SEE_AUDIT,
    "GET /audit/csv": A.SEE_AUDIT,
    "GET /reports": A.SEE_VERDICTS,
    "GET /reports/day": A.SEE_VERDICTS,
    "GET /reports/lateness": A.SEE_VERDICTS,
    "GET /reports/field": A.SEE_VERDICTS,
    "GET /reports/duty": A.SEE_VERDICTS,
    # Signs of leave tell reasons.
    "GET /reports/month": A.SEE_REASONS,
    "GET /reports/month/file": A.SEE_REASONS,
    "GET /reports/files/{number}": A.SEE_REASONS,
    "GET /reports/files/{number}/fetch": A.SEE_REASONS,
    "GET /roll-calls": A.SEE_ROLL_CALLS,
    "POST /roll-calls/open": A.CALL_ROLL,
    "POST /roll-calls/times": A.CALL_ROLL,
    "GET /roll-calls/{roll_call}": A.SEE_ROLL_CALLS,
    "POST /roll-calls/{roll_call}/say": A.CALL_ROLL,
    "GET /inspections": A.SEE_INSPECTIONS,
    "POST /inspections/open": A.INSPECT,
    "GET /inspections/{inspection}": A.SEE_INSPECTIONS,
    "POST /inspections/{inspection}/say": A.INSPECT,
    "POST /inspections/{inspection}/sign": A.INSPECT,
    "GET /inspections/{inspection}/minutes": A.SEE_INSPECTIONS,
    "GET /inspections/{inspection}/minutes.pdf": A.SEE_INSPECTIONS,
    # Terminals of other makers know nothing of logins; they exist only with `web.terminals`.
    "GET /iclock/cdata": A.SIGN_IN,
    "POST /iclock/cdata": A.SIGN_IN,
    "GET /iclock/getrequest": A.SIGN_IN,
    "GET /iclock/ping": A.SIGN_IN,
    "POST /iclock/devicecmd": A.SIGN_IN,
    "POST /iclock/registry": A.SIGN_IN,
}
"""Method and path as the route has it -> what it needs."""
OF_PEOPLE = frozenset(
    {
        A.SEE_PRESENCE,
        A.SEE_ALL_PRESENCE,
        A.SEE_VERDICTS,
        A.SEE_REASONS,
        A.SEE_AUDIT,
        A.SEE_ROLL_CALLS,
        A.SEE_INSPECTIONS,
    }
)
"""What shows records of people: looking is kept, of whoever is watched."""
OF_UNITS = frozenset({A.CALL_ROLL, A.INSPECT})
"""What sends forms with fields for everybody of a unit."""
