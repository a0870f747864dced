"""The month's timesheet: gathered, laid out as one of the official forms, and written as a page, xlsx, PDF or CSV."""
