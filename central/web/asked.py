"""The unit that a question names: the same meaning at every address."""

import datetime as dt
from collections.abc import Collection
from typing import Annotated

from fastapi import HTTPException, Query

from central.errors import UnknownUnitError
from central.store import Store
from central.store.roster import load_units, units_below
from central.unknown import check_unit

Unit = Annotated[str | None, Query(max_length=40, description="this unit and all below it; left out: all units")]


def check(store: Store, unit: str | None, first: dt.date, last: dt.date) -> None:
    """Raises HTTPException 404 for a unit that there is not on any of the dates; None = all units."""
    if unit is None:
        return
    try:
        with store.read() as db:
            check_unit(load_units(db), unit, first, last)
    except UnknownUnitError as error:
        raise HTTPException(404, str(error)) from error


def covered(store: Store, unit: str, on: dt.date) -> Collection[str]:
    """The unit and all below it on the date. Raises HTTPException 404 for one that there is not then."""
    check(store, unit, on, on)
    with store.read() as db:
        return units_below(db, unit, on)
