"""One file a page; each gives a router."""
