from __future__ import annotations

import warnings

from ..core.value import Value


class Damage(Value):
    """A damaged record.

    Attributes:
        table: The table of the record.
        key: The key of the record.
        rows: The number of rows that can no longer be found; their documents may still be readable.
    """

    table: str
    key: int
    rows: int


class DamageWarning(UserWarning):
    """Part of a store is damaged; the rest of it works."""


class DamageList(list[Damage]):
    def report(self, table: str, key: int, rows: int = 0) -> None:
        """Adds damage, and warns once of each record."""
        damage = Damage(table, key, rows)
        if damage not in self:
            self.append(damage)
            lost = f"{rows} rows cannot be searched" if rows else "nothing is lost by it"
            warnings.warn(f"{table} {key} of the store is damaged: {lost}; everything else works", DamageWarning, stacklevel=3)
