"""Modules that a library imports and a door hardly ever uses: loaded at their first use instead.

The standard library's LazyLoader does not do for them: an `import a.b` that comes later looks at `__spec__`, and the
module is loaded by that.
"""

import sys
from importlib import import_module
from types import ModuleType


class _Later(ModuleType):
    """Stands for a module until something of it is asked for."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        loaded = import_module(self.__name__)
        self.__dict__.update(loaded.__dict__)
        return getattr(loaded, name)


def import_later(name: str) -> None:
    """Let `import NAME` cost nothing until something of the module is used; without effect once it is loaded.

    name: of a module in a package, such as `urllib.request`.
    """
    if name in sys.modules:
        return
    package, _, child = name.rpartition(".")
    sys.modules[name] = _Later(name)
    setattr(import_module(package), child, sys.modules[name])
