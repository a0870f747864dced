"""The board for whoever sees some units only: their cards, and counts of these alone."""

import dataclasses
from collections.abc import Collection

from central.web.board import BoardPage


def only(board: BoardPage, codes: Collection[str]) -> BoardPage:
    """The page with the cards of these units. Every card counts the same states in the same order."""
    cards = tuple(card for card in board.units if card.code in codes)
    counts = tuple(
        dataclasses.replace(chip, count=sum(c.count for card in cards for c in card.counts if c.state == chip.state))
        for chip in board.counts
    )
    return dataclasses.replace(board, units=cards, counts=counts)
