"""How templates are read: one place, for the pages and for files that commands write."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from central.web.navigation import links

TEMPLATES = Path(__file__).parent / "templates"


def environment() -> Environment:
    """The templates: everything is escaped, a missing value is an error."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.globals["navigation"] = links
    return found
