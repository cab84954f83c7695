"""Every address of the application with whom it is for: a new one must be entered here before anything else passes.

``{name}`` in a path is filled with an id of the stock, whichever the test asks for.
"""

from __future__ import annotations

from enum import StrEnum


class Kind(StrEnum):
    """Whom an address is for, and so what guards it."""

    TEACHER = "teacher of the course: launch, role, course; forms with a token"
    LEARNER = "the learner whose it is: launch or recovery link; forms with a token"
    ARRIVED = "whoever came by this launch; forms with a token"
    ADMINISTRATOR = "an administrator who signed in; forms with a token"
    PUBLIC = "everybody, so many times a minute; forms with a token"
    MAILED = "who has the link of a mail, so many times a minute; one click of a mail program has no token (RFC 8058)"
    INVITED = "who has an invite or a ticket, so many times a minute"
    PLATFORM = "a platform: state, nonce, browser key and signature"
    SIGNED = "a service that signs"
    OPERATOR = "who has the operator's token, so many times a minute"
    MONITORING = "machines that look whether we are there: no session, no details"
    PUBLISHED = "everybody: the same bytes for all, no session"


ROUTES: dict[str, dict[str, Kind]] = {
    "/": {"GET": Kind.PUBLIC},
    "/.well-known/did.json": {"GET": Kind.PUBLISHED},
    "/.well-known/jwks.json": {"GET": Kind.PUBLISHED},
    "/.well-known/jwt-vc-issuer": {"GET": Kind.PUBLISHED},
    "/.well-known/security.txt": {"GET": Kind.PUBLISHED},
    "/accessibility": {"GET": Kind.PUBLIC},
    "/admin/": {"GET": Kind.ADMINISTRATOR},
    "/admin/courses": {"GET": Kind.ADMINISTRATOR},
    "/admin/deployments/<platform_id>": {"POST": Kind.ADMINISTRATOR},
    "/admin/enter/<token>": {"GET": Kind.PUBLIC, "POST": Kind.PUBLIC},
    "/admin/keys": {"GET": Kind.ADMINISTRATOR},
    "/admin/oidc": {"GET": Kind.PUBLIC},
    "/admin/oidc/back": {"GET": Kind.PUBLIC},
    "/admin/people/": {"GET": Kind.ADMINISTRATOR},
    "/admin/people/apart": {"POST": Kind.ADMINISTRATOR},
    "/admin/people/join": {"POST": Kind.ADMINISTRATOR},
    "/admin/person": {"GET": Kind.ADMINISTRATOR},
    "/admin/person/erase": {"POST": Kind.ADMINISTRATOR},
    "/admin/person/export": {"POST": Kind.ADMINISTRATOR},
    "/admin/platforms": {"GET": Kind.ADMINISTRATOR},
    "/admin/platforms/<registration_id>": {"GET": Kind.ADMINISTRATOR},
    "/admin/platforms/invite": {"POST": Kind.ADMINISTRATOR},
    "/admin/queue": {"GET": Kind.ADMINISTRATOR},
    "/admin/queue/retry": {"POST": Kind.ADMINISTRATOR},
    "/admin/resume": {"GET": Kind.ADMINISTRATOR, "POST": Kind.ADMINISTRATOR},
    "/admin/settings": {"GET": Kind.ADMINISTRATOR},
    "/admin/sign-in": {"GET": Kind.PUBLIC},
    "/admin/sign-ins/": {"GET": Kind.ADMINISTRATOR, "POST": Kind.ADMINISTRATOR},
    "/admin/sign-ins/<which>": {"POST": Kind.ADMINISTRATOR},
    "/admin/sign-out": {"POST": Kind.ADMINISTRATOR},
    "/admin/trail": {"GET": Kind.ADMINISTRATOR},
    "/c/<reference>": {"GET": Kind.PUBLIC},
    "/canvas/authorize/<ticket>": {"GET": Kind.INVITED, "POST": Kind.INVITED},
    "/canvas/authorized": {"GET": Kind.INVITED},
    "/contexts/microcredential/v1": {"GET": Kind.PUBLISHED},
    "/healthz": {"GET": Kind.MONITORING},
    "/here/<launch_id>": {"GET": Kind.ARRIVED},
    "/hints/<platform_id>": {"POST": Kind.SIGNED},
    "/language": {"POST": Kind.PUBLIC},
    "/lti/canvas.json": {"GET": Kind.PUBLISHED},
    "/lti/jwks": {"GET": Kind.PUBLISHED},
    "/lti/launch": {"GET": Kind.PLATFORM, "POST": Kind.PLATFORM},
    "/lti/login": {"GET": Kind.PLATFORM, "POST": Kind.PLATFORM},
    "/lti/open": {"POST": Kind.PLATFORM},
    "/lti/place/<launch_id>": {"GET": Kind.ARRIVED, "POST": Kind.ARRIVED},
    "/lti/preflight/<registration_id>": {"GET": Kind.INVITED},
    "/lti/preflight/<registration_id>/authorize/<platform_id>": {"POST": Kind.INVITED},
    "/lti/register/<invite>": {"GET": Kind.INVITED, "POST": Kind.INVITED},
    "/lti/register/<invite>/by-hand": {"POST": Kind.INVITED},
    "/metrics": {"GET": Kind.OPERATOR},
    "/mine/<key>": {"GET": Kind.LEARNER},
    "/mine/<key>/credential/<credential_id>": {"GET": Kind.LEARNER},
    "/mine/<key>/credential/<credential_id>/file/<form>": {"GET": Kind.LEARNER},
    "/mine/<key>/credential/<credential_id>/picture/<kind>": {"GET": Kind.LEARNER},
    "/mine/<key>/credential/<credential_id>/share": {"POST": Kind.LEARNER},
    "/mine/<key>/credential/<credential_id>/unshare": {"POST": Kind.LEARNER},
    "/mine/<key>/kept": {"GET": Kind.LEARNER},
    "/mine/<key>/objection/<award_id>": {"GET": Kind.LEARNER, "POST": Kind.LEARNER},
    "/mine/<key>/recovery": {"POST": Kind.LEARNER},
    "/notices/<token>": {"GET": Kind.MAILED, "POST": Kind.MAILED},
    "/privacy": {"GET": Kind.PUBLIC},
    "/proctoring/sessions": {"POST": Kind.SIGNED},
    "/readyz": {"GET": Kind.MONITORING},
    "/recover": {"GET": Kind.PUBLIC, "POST": Kind.PUBLIC},
    "/recover/<token>": {"GET": Kind.PUBLIC, "POST": Kind.PUBLIC},
    "/sign-out": {"GET": Kind.PUBLIC, "POST": Kind.PUBLIC},
    "/static/<path:filename>": {"GET": Kind.PUBLISHED},
    "/status.json": {"GET": Kind.OPERATOR},
    "/status/<name>": {"GET": Kind.PUBLISHED},
    "/teach/<launch_id>": {"GET": Kind.TEACHER},
    "/teach/<launch_id>/approve": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/award/<award_id>": {"GET": Kind.TEACHER},
    "/teach/<launch_id>/award/<award_id>/approve": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/award/<award_id>/refuse": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/award/<award_id>/revoke": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/case/<case_id>": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/copy": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/enable": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/list.csv": {"GET": Kind.TEACHER},
    "/teach/<launch_id>/objection/<objection_id>": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/pause": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/preview": {"GET": Kind.TEACHER},
    "/teach/<launch_id>/reading": {"GET": Kind.TEACHER, "POST": Kind.TEACHER},
    "/teach/<launch_id>/reading/stop": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/resume": {"POST": Kind.TEACHER},
    "/teach/<launch_id>/rules": {"GET": Kind.TEACHER, "POST": Kind.TEACHER},
    "/teach/<launch_id>/setup": {"GET": Kind.TEACHER, "POST": Kind.TEACHER},
    "/teach/<launch_id>/supervision": {"GET": Kind.TEACHER, "POST": Kind.TEACHER},
    "/types/microcredential/1": {"GET": Kind.PUBLISHED},
    "/verify": {"GET": Kind.PUBLIC, "POST": Kind.PUBLIC},
    "/version": {"GET": Kind.MONITORING},
}


def of_kind(*kinds: Kind, method: str = "") -> list[tuple[str, str]]:
    """The routes of these kinds, as (method, rule)."""
    return [
        (verb, rule)
        for rule, verbs in ROUTES.items()
        for verb, kind in verbs.items()
        if kind in kinds and method in {"", verb}
    ]
