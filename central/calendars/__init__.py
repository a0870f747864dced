"""The calendar of days off and make-up days: proposed by a library, decided by a person, undone with a trace.

- `proposing`: what the `holidays` package believes about a year, checked against the Vietnamese lunar calendar
- `deciding`: confirm, add, withdraw; each with the marks of exactly the days it touches
- `listing`: a year's days, proposals and decisions; the warning about a year that nobody confirmed
"""
