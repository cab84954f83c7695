"""Terms of the EU controlled lists, loaded from the tables beside this module and checked against them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A concept of a controlled list. Build it with :func:`term`, which checks that it exists."""

    scheme: str
    """IRI of the concept scheme, e.g. ``http://data.europa.eu/snb/eqf/25831c2``."""
    iri: str
    label: str
    """English preferred label."""
    notation: str = ""
    """``country``, ``language``, ``file-type`` or ``atu`` on terms of the EU authority tables."""
