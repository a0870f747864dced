"""What can be done about a disk that refuses: in words, by what the system said."""

import errno


def is_read_only(error: BaseException | None) -> bool:
    """Whether the system refused, behind this error, because its file system is read-only."""
    while error is not None:
        if isinstance(error, OSError) and error.errno == errno.EROFS:
            return True
        error = error.__cause__
    return False


def remedy(error: OSError, otherwise: str) -> str:
    """What to do: `otherwise`, unless the file system has become read-only. It does so by itself when the card fails in
    its own tables (`errors=remount-ro`), and Linux then takes no write before it has been checked, which happens when
    the computer starts: nothing that a station does can end that."""
    if is_read_only(error):
        return (
            "the disk has become read-only, as after an error of the card; restart this computer, which checks it, and"
            " replace the card if it comes again"
        )
    return otherwise
