"""One file a report: rows in, rows out. Shared writers stand in `formats`."""
