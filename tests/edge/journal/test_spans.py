"""Sets of seqs against plain sets."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge.journal.spans import minus, prefix, size, union, within

SPANS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), max_size=6).map(tuple)


def members(spans):
    return {seq for first, last in spans for seq in range(first, last + 1)}


@given(SPANS, SPANS)
def test_union_and_difference_are_those_of_sets_in_the_shortest_form(one, other):
    for result, wanted in (
        (union(one, other), members(one) | members(other)),
        (minus(one, other), members(one) - members(other)),
    ):
        assert members(result) == wanted and size(result) == len(wanted)
        assert all(a[1] + 1 < b[0] for a, b in pairwise(result))


@given(SPANS, st.integers(1, 30), st.integers(1, 30))
def test_a_window_and_the_contiguous_beginning(spans, first, last):
    inside = members(spans) & set(range(first, last + 1))
    assert members(within(spans, first, last)) == inside
    held = members(spans)
    assert prefix(spans) == next(n for n in range(40) if n + 1 not in held)


def test_a_span_of_any_size_costs_nothing():
    assert size(minus(((1, 2**53),), ((5, 2**52),))) == 2**53 - 2**52 + 4
