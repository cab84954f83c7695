"""Naming the competencies of a course before anybody is rated in them: an optional capability of a platform."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from mappings.assessment import CompetencyId, CourseId


@runtime_checkable
class NamesCompetencies(Protocol):
    """A :class:`lti.platforms.Platform` that lists what a course is about to teach."""

    def competencies(self, course: CourseId) -> Mapping[CompetencyId, str]:
        """Return the name of each competency by the id under which it is rated.

        Raises :class:`lti.errors.PlatformError`.
        """
        ...
