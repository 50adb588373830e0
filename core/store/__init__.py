"""Everything that is kept. The only package that imports SQLAlchemy; others pass a `Tx` along and call its modules."""

from importlib import import_module
from pkgutil import iter_modules

from core.store import tables
from core.store.database import Store, Tx

for _module in iter_modules(tables.__path__):  # all of them, whoever asks: migrations compare the whole schema
    import_module(f"{tables.__name__}.{_module.name}")

__all__ = ["Store", "Tx"]
