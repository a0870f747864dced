"""Pages, the JSON interface and event streams; never touches tables or SQL."""
