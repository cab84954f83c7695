"""The LTI pages, put onto an application, and where a launch goes from there."""

from __future__ import annotations

from flask import Flask

from lti.claims import Launch, Message
from lti.roles import Role
from plugin.web import arrival, authorizing, errors, launch, placing, registering, wellknown
from plugin.web.express import Express
from plugin.web.launching import LaunchTools, keep
from plugin.web.registering import RegistrationPages
from plugin.web.sessions import Sessions
from plugin.web.verify import csrf

_LEARNERS = frozenset({Role.LEARNER, Role.PREVIEW})
_TEACHERS = frozenset({Role.TEACHER, Role.ADMINISTRATOR})


def init_app(app: Flask, tools: LaunchTools, registration: RegistrationPages) -> None:
    """Register the pages. What platforms post carries no CSRF token; :mod:`plugin.web.launch` says why that is safe."""
    app.session_interface = Sessions()
    keep(app, tools)
    registering.keep(app, registration)
    csrf.exempt(launch.blueprint)
    csrf.exempt(registering.blueprint)
    pages = (launch, registering, authorizing, placing, arrival, wellknown)
    for blueprint in [each.blueprint for each in pages]:
        app.register_blueprint(blueprint)
    errors.init_app(app)
    app.wsgi_app = Express(app, tools)  # type: ignore[method-assign]


def home(accepted: Launch) -> str:
    """Return the path of a launch's first page, by its message and its role.

    Written out, because a launch is answered before Flask has a request to build addresses for
    (:mod:`plugin.web.express`).
    """
    if accepted.message is Message.DEEP_LINKING:
        return f"/lti/place/{accepted.id}"
    if accepted.person.role in _LEARNERS and accepted.message is Message.RESOURCE_LINK:
        return f"/mine/{accepted.id}"
    if accepted.person.role in _TEACHERS and accepted.place.course:
        return f"/teach/{accepted.id}"
    return f"/here/{accepted.id}"
