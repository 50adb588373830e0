"""Everything that is kept. The only package that imports SQLAlchemy; others pass a `Tx` along and call its modules."""

from core.store.database import Store, Tx

__all__ = ["Store", "Tx"]
