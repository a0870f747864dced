"""What parsers are given: nonsense, and good examples with faults in them."""

import json
from collections.abc import Sequence

from hypothesis import strategies as st

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([0, -1, 2**31, 2**53 - 1, 2**53, 2**63, 10**400])
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["em:008EB2F9", "0123456789abcdef", "ntp", "none", "a" * 5000]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
DEEP = st.sampled_from([b"[", b'{"a":', b"[[", b'{"journals":[']).flatmap(
    lambda piece: st.integers(1, 30_000).map(lambda times: piece * times)
)


@st.composite
def damaged(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample with bytes changed, cut out, doubled, replaced by a piece of another sample, or by depth."""
    content = bytearray(draw(st.sampled_from(samples)))
    for _ in range(draw(st.integers(0, 5))):
        place = draw(st.integers(0, len(content)))
        length = draw(st.sampled_from([1, 1, 2, 4, 9, 40]))
        what = draw(st.sampled_from(["flip", "cut", "double", "splice", "insert", "repeat"]))
        if what == "flip" and place < len(content):
            content[place] ^= 1 << draw(st.integers(0, 7))
        elif what == "cut":
            del content[place : place + length]
        elif what == "double":
            content[place:place] = content[max(0, place - length) : place]
        elif what == "splice":
            other = draw(st.sampled_from(samples))
            content[place : place + length] = other[place : place + length * 4]
        elif what == "insert":
            content[place:place] = draw(st.binary(max_size=12))
        else:
            content[place:place] = content[max(0, place - length) : place] * draw(st.integers(1, 500))
    return bytes(content)


@st.composite
def other_fields(draw: st.DrawFn, samples: Sequence[bytes]) -> bytes:
    """A sample whose first line is a JSON object, with any values in some of its fields, at any depth."""
    head, *rest = draw(st.sampled_from(samples)).split(b"\n")
    fields = json.loads(head)
    for _ in range(draw(st.integers(1, 3))):
        _spoil(draw, fields)
    return b"\n".join([json.dumps(fields, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"), *rest])


def _spoil(draw: st.DrawFn, inside: object) -> None:
    places = list(inside) if isinstance(inside, dict) else list(range(len(inside))) if isinstance(inside, list) else []
    if not places:
        return
    place = draw(st.sampled_from(places))
    deeper = inside[place]  # type: ignore[index]
    if isinstance(deeper, dict | list) and deeper and draw(st.booleans()):
        _spoil(draw, deeper)
    else:
        inside[place] = draw(JSON)  # type: ignore[index]


def lines_of(samples: Sequence[bytes], jsonish: bool = True) -> st.SearchStrategy[bytes]:
    """Everything for a parser of text lines. jsonish: the samples begin with a line of JSON."""
    found = st.binary(max_size=600) | damaged(samples) | st.builds(lambda a, b: a + b, DEEP, st.binary(max_size=4))
    return found | other_fields(samples) if jsonish else found
