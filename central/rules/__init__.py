"""Judging a day: one person, one work date, one answer. Pure: no clock, no database, no settings."""
