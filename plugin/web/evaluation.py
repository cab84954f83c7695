"""Where each of an evaluator's answers comes from, in words (evaluators of ENIC-NARIC centres ask seven questions).

Of our own credentials the provenance of every element is kept; of others only that the document says so is known.
Nobody is named: that a teacher stated something is what an evaluator weighs.
"""

from __future__ import annotations

from collections.abc import Mapping

from mappings.elements import MicroCredential, Provenance, Stated, Supplier
from plugin.web.languages import day, gettext

_QUESTIONS = ("quality_assurance", "level", "outcomes", "workload", "assessments", "supervision")


def sources_of(credential: MicroCredential) -> Mapping[str, str]:
    """Return who supplied each element that is asked about, and when, by the name of the element."""
    return {name: _source(getattr(credential, name)) for name in _QUESTIONS}


def sources_of_document() -> Mapping[str, str]:
    """Return what is known of the sources of somebody's document."""
    return dict.fromkeys(_QUESTIONS, gettext("as the sealed document says"))


def _source(stated: Stated[object]) -> str:
    """Name every supplier once, with the day of its latest word."""
    latest: dict[Supplier, Provenance] = {}
    for each in sorted(stated.provenance, key=lambda one: one.at):
        latest[each.supplier] = each
    return "; ".join(words(each) for each in latest.values())


def words(said: Provenance) -> str:
    """Return who said something and when, without naming the person."""
    on = day(said.at)
    if said.supplier is Supplier.INSTITUTION:
        return gettext("stated by the institution, %(day)s", day=on)
    if said.supplier is Supplier.TEACHER:
        return gettext("stated by the teacher, %(day)s", day=on)
    if said.supplier is Supplier.PLATFORM:
        return gettext("read from the learning platform, %(day)s", day=on)
    return gettext("concluded by the issuer's software, %(day)s", day=on)
