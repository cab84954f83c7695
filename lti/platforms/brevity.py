"""Reading in brief: leaving out what is asked singly of those whom a list shows as unfinished; an optional capability.

A course in which hardly anybody has finished then costs as many requests as it has lists, however large the class.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from lti.platforms import Platform


@runtime_checkable
class ReadsInBrief(Protocol):
    """A :class:`lti.platforms.Platform` that can be read in brief."""

    def in_brief(self) -> Platform:
        """Return the platform whose readings of a whole course may be brief.

        Then :attr:`mappings.assessment.AssessmentRecord.brief` records come of learners who, by a list, have not
        completed the course. Who is named is read as ever.
        """
        ...


def in_brief(platform: Platform) -> Platform:
    """Return ``platform`` read in brief where it can be, else as it is."""
    return platform.in_brief() if isinstance(platform, ReadsInBrief) else platform
