"""What a person sees at an address that there is not, or that is not for them; machines get JSON as ever."""

from fastapi import FastAPI, HTTPException, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment
from starlette.exceptions import HTTPException as AnyHTTPException

from central.web.texts import catalogue, chosen

FOR_MACHINES = ("/api/", "/iclock/", "/metrics", "/healthz", "/static/")
SAID = {
    403: ("Not for you", "What stands here is not within what you may see. Ask the administrator of your office."),
    404: ("No such page", "There is no page at this address. Was it typed in full?"),
}


def answer_people(app: FastAPI, templates: Environment) -> None:
    """Give a page in the reader's language where a person asked for one."""

    async def refuse(request: Request, error: Exception) -> Response:
        if not isinstance(error, AnyHTTPException):
            raise error
        said = SAID.get(error.status_code)
        asks_for_page = "text/html" in request.headers.get("accept", "")
        if said is None or not asks_for_page or request.url.path.startswith(FOR_MACHINES):
            return await http_exception_handler(request, HTTPException(error.status_code, error.detail, error.headers))
        language = chosen(request.query_params.get("lang"))
        say = catalogue(language).gettext
        page = templates.get_template("refused.html")
        why = error.detail if error.status_code == 403 else ""
        text = page.render(language=language, _=say, title=say(said[0]), text=say(said[1]), why=why)
        return HTMLResponse(text, error.status_code, error.headers)

    app.add_exception_handler(AnyHTTPException, refuse)
