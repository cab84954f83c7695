"""What LTI shows of the gradebook: Assignment and Grade Services 2.0, read only.

Both Moodle and Canvas show a tool its own line items and no others, so the gradebook of a course is read by
:mod:`lti.platforms`; this is for columns that the bridge itself made. Nothing is ever written: a tool's column
changes the course total (seen on Moodle 4.5: 295/300 became 395/400).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from lti.schemas import Amount, Id, Text, load_all
from lti.service import Service
from mappings.assessment import Activity, ActivityId, GradeState, LearnerId, Score

LINE_ITEMS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
RESULTS_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"

_LINE_ITEMS = "application/vnd.ims.lis.v2.lineitemcontainer+json"
"""Moodle answers a request without exactly this ``Accept`` with status 400."""
_RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"


@dataclass(frozen=True, slots=True)
class LineItem:
    """AGS 2.0 section 3.2."""

    id: Id
    label: Text
    scoreMaximum: Amount  # noqa: N815 - the standard's spelling
    tag: Text


@dataclass(frozen=True, slots=True)
class LineItemResult:
    """AGS 2.0 section 3.3; without ``resultScore`` nothing is graded."""

    userId: Id  # noqa: N815
    resultScore: Amount  # noqa: N815
    resultMaximum: Amount  # noqa: N815


def read_line_items(service: Service, line_items_url: str) -> tuple[Activity, ...]:
    """Return the tool's own columns of the course; the id of each is its address.

    No ``limit`` is asked for: Moodle's paging links are malformed.
    """
    items = [
        item
        for page in service.pages(line_items_url, accept=_LINE_ITEMS)
        for item in load_all(LineItem, page.json(), place=page.place)
    ]
    return tuple(Activity(ActivityId(item.id), item.label, "line item", _above_zero(item)) for item in items)


def _above_zero(item: LineItem) -> Amount:
    return item.scoreMaximum if item.scoreMaximum is not None and item.scoreMaximum > 0 else None


def read_results(service: Service, line_item: Activity) -> Iterator[tuple[LearnerId, Score]]:
    """Yield the score of each learner who has a result in ``line_item``."""
    for page in service.pages(results_url(line_item.id), accept=_RESULTS):
        for result in load_all(LineItemResult, page.json(), place=page.place):
            yield LearnerId(result.userId), _score(result)


def results_url(line_item: str) -> str:
    """Return where the results of a line item are: before its query (Moodle: ``…/lineitem/results?type_id=1``)."""
    parts = urlsplit(line_item)
    return urlunsplit(parts._replace(path=f"{parts.path}/results"))


def _score(result: LineItemResult) -> Score:
    maximum = result.resultMaximum if result.resultMaximum is not None and result.resultMaximum > 0 else None
    state = GradeState.UNGRADED if result.resultScore is None else GradeState.POSTED
    return Score(result.resultScore, maximum, state)
