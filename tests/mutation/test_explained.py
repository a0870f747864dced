"""What is said to change nothing is still a fault that can be made."""

from tests.mutation.__main__ import explanations, unmatched


def test_every_explained_fault_can_still_be_made():
    assert unmatched(explanations()) == []


def test_an_explanation_of_a_fault_that_there_is_not_is_found():
    gone = ("central/rules/absence.py", "no such  ->  fault", "")
    assert unmatched({gone: "why"}) == [gone]
