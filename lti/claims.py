"""What a launch says, as a value: the claims of LTI 1.3 that the bridge needs, typed.

LTI 1.3 core section 5.3 and 5.4, Deep Linking 2.0 section 3.4. The reader is by hand and not a marshmallow schema
like the rest of what a platform sends: it runs inside every launch, and a schema of the same claims costs four times
as much as all other checks together (``make bench`` shows what a launch costs). The rules are the same: unknown claims
are ignored, a wrong type is a named refusal, ids are text also where they come as numbers, and a ``$variable`` that
the platform did not expand is a missing value.

Reading trusts nobody: whether the claims are *true* is for :mod:`lti.launch` to check before it hands them on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import NewType, TypeVar
from urllib.parse import urlsplit

from lti.errors import LaunchRefused
from lti.refusals import Refusal
from lti.roles import Role, role_of
from mappings.assessment import CourseId, LearnerId, PlatformId

Claims = Mapping[str, object]
VerifiedClaims = NewType("VerifiedClaims", dict[str, object])
"""The body of an id_token whose signature, times, audience and nonce were checked."""
LaunchId = NewType("LaunchId", str)
"""32 hexadecimal digits. Names a launch and opens nothing: the session of the browser must hold it too."""
RegistrationId = NewType("RegistrationId", str)
"""Digest of issuer and client id."""

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"

KEPT = (
    *("sub", "name", "given_name", "family_name", "email", "locale", "iss", "aud"),
    *(LTI + name for name in ("message_type", "deployment_id", "target_link_uri", "roles", "context", "resource_link")),
    *(LTI + name for name in ("lis", "launch_presentation", "tool_platform", "for_user")),
    *(AGS, NRPS, DEEP_LINKING),
)
"""The claims that are stored with a launch, besides those of :data:`CUSTOM`; all others are forgotten."""
COURSE_HISTORY = "context_history"
CUSTOM = (COURSE_HISTORY, "canvas_user_id", "canvas_course_id", "canvas_api_base_url", "student_view")
"""The custom parameters that are read and stored: those that :mod:`lti.tool` asks for.

Platforms send more. Moodle's launches carry forty, names and mail among them, which nobody here needs.
"""

T = TypeVar("T")


class Message(StrEnum):
    """The LTI messages that the bridge answers."""

    RESOURCE_LINK = "LtiResourceLinkRequest"
    DEEP_LINKING = "LtiDeepLinkingRequest"
    SUBMISSION_REVIEW = "LtiSubmissionReviewRequest"


@dataclass(frozen=True, slots=True)
class Person:
    """Who launched. Names and mail may be empty: platforms withhold them by setting."""

    id: LearnerId
    role: Role
    given_name: str
    family_name: str
    full_name: str
    email: str
    student_number: str
    locale: str


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the platform: course and activity. ``course`` is empty in a launch outside any course."""

    course: CourseId
    code: str
    title: str
    resource_link: str
    resource_link_title: str


@dataclass(frozen=True, slots=True)
class Services:
    """The addresses of this course's LTI services; empty where the platform granted none."""

    members: str
    line_items: str
    line_item: str
    grading_scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DeepLinking:
    """What the platform takes back in a deep linking response; ``data`` must be returned unchanged."""

    return_url: str
    accept_types: tuple[str, ...]
    accept_multiple: bool
    data: str


@dataclass(frozen=True, slots=True)
class Launch:
    """One accepted launch."""

    id: LaunchId
    message: Message
    issuer: str
    client_id: str
    deployment_id: str
    person: Person
    place: Place
    services: Services
    product: str
    """``product_family_code``: ``moodle``, ``canvas``; empty where the platform does not say."""
    product_version: str
    target_link_uri: str
    return_url: str
    deep_linking: DeepLinking | None
    for_user: str
    """Whose submission is reviewed; empty but in a submission review."""
    custom: tuple[tuple[str, str], ...]
    launched_at: datetime

    @property
    def platform(self) -> PlatformId:
        """The key under which everything of this deployment is stored."""
        return platform_id(self.issuer, self.client_id, self.deployment_id)

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins from which the platform shows this launch, as the launch itself names them."""
        urls = (self.return_url, self.deep_linking.return_url if self.deep_linking else "")
        return tuple(dict.fromkeys(origin for origin in map(origin_of, urls) if origin))

    def custom_value(self, name: str) -> str:
        """Return a custom parameter, empty where it is missing or was not expanded."""
        return dict(self.custom).get(name, "")


@lru_cache(maxsize=1024)
def platform_id(issuer: str, client_id: str, deployment_id: str) -> PlatformId:
    """Return the opaque key of one deployment; no other triple has the same."""
    return PlatformId(_digest(issuer, client_id, deployment_id))


@lru_cache(maxsize=1024)
def registration_id(issuer: str, client_id: str) -> RegistrationId:
    """Return the opaque key of one registration."""
    return RegistrationId(_digest(issuer, client_id))


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(f"{len(part)}:{part}" for part in parts).encode()).hexdigest()[:32]


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of an http address, empty where it is none."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def read_launch(claims: Claims, launch_id: LaunchId, client_id: str, launched_at: datetime) -> Launch:
    """Read the claims of a launch. Raises :class:`LaunchRefused` where one has the wrong form."""
    presentation, platform = _object(claims, LTI + "launch_presentation"), _object(claims, LTI + "tool_platform")
    return Launch(
        id=launch_id,
        message=_message(claims),
        issuer=_text(claims, "iss"),
        client_id=client_id,
        deployment_id=_text(claims, LTI + "deployment_id"),
        person=_person(claims, _text(presentation, "locale")),
        place=_place(claims),
        services=_services(claims),
        product=_text(platform, "product_family_code").lower(),
        product_version=_text(platform, "version"),
        target_link_uri=_text(claims, LTI + "target_link_uri"),
        return_url=_text(presentation, "return_url"),
        deep_linking=_deep_linking(_object(claims, DEEP_LINKING)),
        for_user=_text(_object(claims, LTI + "for_user"), "user_id"),
        custom=_custom(_object(claims, LTI + "custom")),
        launched_at=launched_at.astimezone(UTC),
    )


def _message(claims: Claims) -> Message:
    try:
        return Message(_text(claims, LTI + "message_type"))
    except ValueError:
        raise LaunchRefused(Refusal.MESSAGE_UNKNOWN) from None


def _person(claims: Claims, locale: str) -> Person:
    return Person(
        id=LearnerId(_text(claims, "sub")),
        role=role_of(_texts(claims, LTI + "roles")),
        given_name=_text(claims, "given_name"),
        family_name=_text(claims, "family_name"),
        full_name=_text(claims, "name"),
        email=_text(claims, "email"),
        student_number=_text(_object(claims, LTI + "lis"), "person_sourcedid"),
        locale=locale or _text(claims, "locale"),
    )


def _place(claims: Claims) -> Place:
    context, link = _object(claims, LTI + "context"), _object(claims, LTI + "resource_link")
    return Place(
        course=CourseId(_text(context, "id")),
        code=_text(context, "label"),
        title=_text(context, "title"),
        resource_link=_text(link, "id"),
        resource_link_title=_text(link, "title"),
    )


def _services(claims: Claims) -> Services:
    grading = _object(claims, AGS)
    return Services(
        members=_text(_object(claims, NRPS), "context_memberships_url"),
        line_items=_text(grading, "lineitems"),
        line_item=_text(grading, "lineitem"),
        grading_scopes=_texts(grading, "scope"),
    )


def _deep_linking(settings: Claims) -> DeepLinking | None:
    if not settings:
        return None
    return DeepLinking(
        return_url=_text(settings, "deep_link_return_url"),
        accept_types=_texts(settings, "accept_types"),
        accept_multiple=settings.get("accept_multiple") in (True, "true"),
        data=_text(settings, "data", expand=False),
    )


def _custom(custom: Claims) -> tuple[tuple[str, str], ...]:
    """Return the parameters of ours that have a value; some platforms send numbers and null."""
    return tuple((name, text) for name in CUSTOM if (text := _loose_text(custom.get(name))))


def _loose_text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value) if isinstance(value, str | int | float) else ""
    return "" if text.startswith("$") else text


def _text(claims: Claims, name: str, *, expand: bool = True) -> str:
    value = claims.get(name, "")
    if isinstance(value, str):
        return "" if expand and value[:1] == "$" else value
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise LaunchRefused(Refusal.CLAIM_MALFORMED, place=name)


def _texts(claims: Claims, name: str) -> tuple[str, ...]:
    values = claims.get(name)
    if values is None:
        return ()
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise LaunchRefused(Refusal.CLAIM_MALFORMED, place=name)
    return tuple(values)


def _object(claims: Claims, name: str) -> Claims:
    value = claims.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise LaunchRefused(Refusal.CLAIM_MALFORMED, place=name)
    return value
