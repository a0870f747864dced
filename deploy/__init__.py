"""What runs, checks and installs the two packages. Nothing in `edge` or `central` imports this."""
