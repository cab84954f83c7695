"""The LTI pages, put onto an application, and where a launch goes from there."""

from __future__ import annotations

from flask import Flask, url_for

from lti.claims import Launch, Message
from lti.roles import Role
from plugin.web import arrival, errors, launch, placing, registering, wellknown
from plugin.web.launching import LaunchTools, keep
from plugin.web.registering import RegistrationPages
from plugin.web.verify import csrf

_LEARNERS = frozenset({Role.LEARNER, Role.PREVIEW})
_TEACHERS = frozenset({Role.TEACHER, Role.ADMINISTRATOR})


def init_app(app: Flask, tools: LaunchTools, registration: RegistrationPages) -> None:
    """Register the pages. What platforms post carries no CSRF token; :mod:`plugin.web.launch` says why that is safe."""
    keep(app, tools)
    registering.keep(app, registration)
    csrf.exempt(launch.blueprint)
    csrf.exempt(registering.blueprint)
    pages = (launch, registering, placing, arrival, wellknown)
    for blueprint in [each.blueprint for each in pages]:
        app.register_blueprint(blueprint)
    errors.init_app(app)


def home(accepted: Launch) -> str:
    """Return the first page of a launch, by its message and its role."""
    if accepted.message is Message.DEEP_LINKING:
        return url_for("placing.choose", launch_id=accepted.id)
    if accepted.person.role in _LEARNERS and accepted.message is Message.RESOURCE_LINK:
        return url_for("learner.mine", key=accepted.id)
    if accepted.person.role in _TEACHERS and accepted.place.course:
        return url_for("teacher.home", launch_id=accepted.id)
    return url_for("arrival.arrive", launch_id=accepted.id)
