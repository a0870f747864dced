"""A station in a virtual machine whose power is cut, again and again; see README.md."""
