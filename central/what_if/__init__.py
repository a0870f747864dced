"""What if other hours, grace or policies had held: a past period judged again, without storing anything.

- `supposing` (pure): the other rules, put in place of those that hold
- `reading`: a TOML file of other rules
- `comparing`: both judgements of every staff-day, and where they differ
"""
