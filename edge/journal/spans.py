"""Sets of seqs as sorted, disjoint, non-adjacent (first, last) pairs, both ends included. Pure.

Seqs come from an unsigned acknowledgement, so a span may be any size: nothing here counts through one.
"""

Spans = tuple[tuple[int, int], ...]


def union(*parts: Spans) -> Spans:
    """Every seq that is in any of `parts` (which need not be sorted or disjoint)."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(span for part in parts for span in part if span[0] <= span[1]):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(merged[-1][1], last))
        else:
            merged.append((first, last))
    return tuple(merged)


def minus(spans: Spans, *parts: Spans) -> Spans:
    """Every seq of `spans` that is in none of `parts`."""
    taken = union(*parts)
    left: list[tuple[int, int]] = []
    for first, last in union(spans):
        for start, end in taken:
            if end < first:
                continue
            if start > last:
                break
            if start > first:
                left.append((first, start - 1))
            first = end + 1
        if first <= last:
            left.append((first, last))
    return tuple(left)


def within(spans: Spans, first: int, last: int) -> Spans:
    """The part of `spans` inside [first, last]."""
    return tuple((max(a, first), min(b, last)) for a, b in union(spans) if a <= last and b >= first)


def prefix(spans: Spans) -> int:
    """The largest n for which 1..n are all in `spans`; 0 without 1."""
    merged = union(spans)
    return merged[0][1] if merged and merged[0][0] <= 1 else 0


def size(spans: Spans) -> int:
    """How many seqs there are."""
    return sum(last - first + 1 for first, last in spans)
