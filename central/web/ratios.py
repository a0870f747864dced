"""Ratios as people read them: `7/21 (33,3%)`."""


def ratio(part: int, whole: int, language: str) -> str:
    """So many of so many; without a share where there is nothing to divide by."""
    if not whole:
        return f"{part}/{whole}"
    share = f"{100 * part / whole:.1f}"
    return f"{part}/{whole} ({share.replace('.', ',') if language == 'vi' else share}%)"
