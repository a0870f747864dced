"""Attendance terminals of other makers (ZKTeco, Ronald Jack): their punches become the same facts as a door's."""
