"""Language tags of our texts as terms of the EU authority table «language»."""

from __future__ import annotations

from functools import cache

from mappings.vocabularies.terms import Term, term


@cache
def language_term(tag: str) -> Term:
    """Return the term of a BCP 47 ``tag``; :class:`~mappings.errors.UnknownTerm` where the EU table has none.

    The table names languages by three letters (ISO 639-2/T in capitals), tags by two wherever there are two.
    """
    primary = tag.partition("-")[0]
    return term("language", primary if len(primary) == 2 else primary.upper())
