"""The one error family of mappings/.

A :class:`MappingError` means that somebody handed the pure core a value that cannot be: a fault of the
caller or of its input. Outcomes that are no fault (a learner who did not pass, a profile that lacks an
element) are values: :class:`~mappings.awarding.Withheld`, :class:`~mappings.describe.Incomplete`.
"""

from __future__ import annotations


class MappingError(ValueError):
    """A value that cannot be. ``code`` is stable and documented; ``str()`` names no person."""

    code = "mapping_error"


class InvalidValue(MappingError):
    """A constructor refused its arguments."""

    code = "invalid_value"


class UnknownTerm(MappingError):
    """A concept that its EU controlled list does not contain."""

    code = "unknown_term"
