"""A hint in a sentence that accuses nobody: what was noticed, and that there may be an ordinary reason. Pure."""

from collections.abc import Mapping

from central.explaining import voice
from central.explaining.voice import Say
from central.hints import Hint, HintKind
from central.moments import moment

SENTENCES = {
    HintKind.TWO_PLACES: "To look at: the badge of {names} was tapped at {doors}, {seconds} seconds apart. A clock, a "
    "borrowed badge or something else may explain it; ask before concluding anything.",
    HintKind.ALWAYS_TOGETHER: "To look at: the badges of {names} were tapped within {seconds} seconds of each other "
    "{times} times on {days} days at {doors}. They may simply come together; ask before concluding anything.",
    HintKind.MANY_AT_CLOSING: "To look at: {times} badges within {seconds} seconds at {doors} around the end of a "
    "session. Many may have left at once; ask before concluding anything.",
    HintKind.TAPPED_WHILE_AWAY: "To look at: the badge of {names} was tapped {times} times at {doors} during a planned "
    "absence. They may have dropped in, or the plan may have changed; ask before concluding anything.",
}


def sentence(hint: Hint, names: Mapping[str, str], say: Say) -> str:
    """The hint as text, with the people's names; many people are counted and not named."""
    return say(SENTENCES[hint.kind]).format(
        names=voice.listed((names.get(code, code) for code in hint.staff), say),
        doors=voice.listed(dict.fromkeys(hint.doors), say),
        seconds=hint.seconds,
        times=hint.times,
        days=hint.days,
    )


def when(hint: Hint) -> str:
    """`2018-11-12 17:00:05`: the (first) moment."""
    return f"{moment(hint.at_ms):%Y-%m-%d %H:%M:%S}"
