"""Who may speak: the office's certificate authority, the broker's configuration, and how a new station is let in."""
