"""The vocabulary of what can go wrong at the edge.

Every error is an `EdgeError` and the builtin that callers expect; its message says what, which, and what to do.
"""


class EdgeError(Exception):
    """Base of all errors raised by this package."""


class SettingsError(EdgeError, ValueError):
    """A setting is missing or wrong; the message names file, key and remedy."""


class JournalError(EdgeError, OSError):
    """The journal could not make an event durable; nothing may be shown as recorded."""


class PortError(EdgeError, OSError):
    """A reader's port could not be opened or was lost."""
