"""Events that platforms push: checked, and taken for what they are, a hint to read the course sooner.

- Moodle (the push plugin of the bridge): ``X-Moodle-Signature: v1=<hex>``, HMAC-SHA256 over ``<timestamp>.<body>``,
  ``X-Moodle-Timestamp`` in seconds; ``Idempotency-Key`` names the event.
- Canvas Live Events by HTTPS: the body is a JWS of Instructure's key set. Canvas can also send unsigned: refused.

Ids are all that is taken from an event; what they say about a learner is read from the platform itself.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from lti.keysets import PublicKey
from mappings.assessment import CourseId
from plugin.errors import BridgeError

REPLAY_WINDOW = 300
"""Seconds that the clocks of platform and bridge may differ; an older event is refused."""
_SHARD = 10**13
"""Canvas writes ids of an institution as ``shard * 10^13 + id`` in some events and as ``id`` in others."""
_ID = validate.Length(min=1, max=200)


class HintRefused(BridgeError):
    """An event whose sender cannot be told. ``str()`` says which check failed and quotes nothing."""

    code = "hint_refused"


@dataclass(frozen=True, slots=True)
class Event:
    """What is taken from an event: which course to read, and a name to know it by when it comes again."""

    course: CourseId
    event_id: str


class _MoodleEvent(Schema):
    class Meta:
        """What else a platform tells is not our business."""

        unknown = EXCLUDE

    course = fields.String(required=True, data_key="courseId", validate=_ID)
    event_id = fields.String(required=True, data_key="eventId", validate=_ID)


class _CanvasMetadata(Schema):
    class Meta:
        """What else a platform tells is not our business."""

        unknown = EXCLUDE

    context_type = fields.String(required=True)
    context_id = fields.String(required=True, validate=validate.Regexp(r"\d{1,30}\Z"))
    event_name = fields.String(required=True, validate=_ID)
    event_time = fields.String(load_default="")
    request_id = fields.String(load_default="", allow_none=True)
    root_account_uuid = fields.String(required=True)


def moodle_event(secret: str, headers: Mapping[str, str], body: bytes, now: datetime) -> Event:
    """Check a pushed event of Moodle. Raises :class:`HintRefused`.

    1. The time stamp is inside the replay window. 2. The signature over time stamp and body is right, compared in
    constant time. 3. The body names course and event. The caller takes each event id once.
    """
    stamp, signature = headers.get("X-Moodle-Timestamp", ""), headers.get("X-Moodle-Signature", "")
    if not (stamp.isascii() and stamp.isdigit()) or abs(now.timestamp() - int(stamp[:12])) > REPLAY_WINDOW:
        raise HintRefused("the time stamp is missing or too old")
    expected = "v1=" + hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    if not secret or not hmac.compare_digest(expected.encode(), signature.encode()):
        raise HintRefused("the signature is missing or wrong")
    said = _loaded(_MoodleEvent(), body)
    return Event(CourseId(str(said["course"])), str(said["event_id"]))


def canvas_event(root_account: str, token: bytes, find_key: Callable[[str], PublicKey]) -> Event | None:
    """Check a live event of Canvas; None where it is not about a course. Raises :class:`HintRefused`.

    1. It is signed by the key that its ``kid`` names in Instructure's set. 2. It comes from the institution's own
    ``root_account``. ``find_key`` raises :class:`lti.errors.LtiError` for a key that is not in the set.
    """
    parts = token.strip().split(b".")
    if len(parts) != 3:
        raise HintRefused("the event is not signed")
    header = _object(_decoded(parts[0]))
    key = find_key(str(header.get("kid", "")))
    if header.get("alg") != key.algorithm or not key.verify(_decoded(parts[2]), parts[0] + b"." + parts[1]):
        raise HintRefused("the signature is wrong")
    payload = _decoded(parts[1])
    said = _loaded(_CanvasMetadata(), json.dumps(_object(payload).get("metadata")).encode())
    if not root_account or said["root_account_uuid"] != root_account:
        raise HintRefused("the event is of another institution")
    if said["context_type"] != "Course":
        return None
    named = f"{said['event_name']}:{said['request_id'] or said['event_time']}"
    return Event(
        CourseId(str(int(str(said["context_id"])) % _SHARD)), f"{named}:{hashlib.sha256(payload).hexdigest()[:16]}"
    )


def _loaded(schema: Schema, body: bytes) -> dict[str, object]:
    try:
        loaded = schema.loads(body.decode())
    except (ValidationError, ValueError):
        raise HintRefused("the event does not have the form that was agreed") from None
    assert isinstance(loaded, dict)
    return loaded


def _object(data: bytes) -> dict[str, object]:
    try:
        value = json.loads(data)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise HintRefused("the event does not have the form that was agreed")
    return value


def _decoded(part: bytes) -> bytes:
    try:
        return urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except ValueError:
        raise HintRefused("the event is not signed") from None
