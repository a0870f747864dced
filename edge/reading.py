"""The driver that a reader's settings name."""

from edge.errors import SettingsError
from edge.readers import DRIVERS, PROFILED, Reader
from edge.settings import ReaderSettings


def driver_of(settings: ReaderSettings) -> Reader:
    """A new driver for the reader. Raises SettingsError for a driver or a profile that there is not."""
    said = {"tech": settings.tech, "form": settings.form, "order": settings.order}
    profile = {name: word for name, word in said.items() if word is not None}
    if settings.driver not in DRIVERS:
        raise SettingsError(
            f"reader {settings.id}: driver = {settings.driver!r} is not known; there are {', '.join(DRIVERS)}"
        )
    if not profile:
        return DRIVERS[settings.driver](settings.id)
    if settings.driver not in PROFILED:
        raise SettingsError(
            f"reader {settings.id}: {min(profile)} says nothing to {settings.driver!r}, which needs no profile; "
            f"only {', '.join(PROFILED)} do"
        )
    from edge.readers.profile import ProfileError, profile_from

    try:
        return PROFILED[settings.driver](settings.id, profile_from(profile))
    except ProfileError as error:
        raise SettingsError(f"reader {settings.id}: {error}") from error
