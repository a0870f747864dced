"""Counting what the verdicts say of a person, and the office's own thresholds on it. Pure.

- `tallies`: times late, minutes, half-days absent, from stored session verdicts
- `windows`: calendar month and year, rolling 30 and 365 days, half-days in a row
- `thresholds`: where a count reaches an office's limit, each crossing once

No threshold comes with the product: no text found sets a number of minutes, and day counts differ by category and have
changed (Decrees 34/2011 and 27/2012, repealed; Labour Code: 5 days in 30, 20 in 365). Offices set theirs, with a
document; reaching one proposes, a person decides.
"""

from central.counting.tallies import HalfDay, Tally, tally
from central.counting.thresholds import Crossing, Rule, Threshold, count_in, crossings
from central.counting.windows import Window

__all__ = ["Crossing", "HalfDay", "Rule", "Tally", "Threshold", "Window", "count_in", "crossings", "tally"]
