"""The vocabulary of what can go wrong at central.

Every error is a `CentralError` and the builtin that callers expect; its message says what, which, and what to do.
"""


class CentralError(Exception):
    """Base of all errors raised by this package."""


class SettingsError(CentralError, ValueError):
    """A setting is missing or wrong; the message names file, key and remedy."""


class DatabaseError(CentralError, OSError):
    """The database cannot be opened or is not ours; the message names it and says what to do."""


class ImportRefusedError(CentralError, ValueError):
    """An import was refused whole; the message lists every bad line with file, line, column and remedy."""


class MonthError(CentralError, ValueError):
    """A month cannot be locked, unlocked or shown; the message says why, and what to do."""


class UnknownUnitError(CentralError, LookupError):
    """A unit that there is not at the time asked about."""


class UnknownStaffError(CentralError, LookupError):
    """A staff code that is not in the roster."""


class UnknownDeviceError(CentralError, LookupError):
    """A device id or code that is not in the registry."""


class UnknownTableError(CentralError, LookupError):
    """A table whose changes the audit log does not keep."""
