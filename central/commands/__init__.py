"""Commands of the command line that outgrew `__main__`: one file a command, each with `add` and `run`."""
