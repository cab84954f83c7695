"""What forms send, checked before any view sees it: lengths, choices and numbers, and nothing else passes."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import EXCLUDE, Schema, ValidationError, fields, validate

from plugin.storage.cases import Remedy

_SENTENCE = 2_000
"""Characters that a person may write into one field."""


class FormSchema(Schema):
    """A form; the CSRF token and the button pressed are not its business."""

    class Meta:
        """Ignore what the form does not ask for."""

        unknown = EXCLUDE


class ShareForm(FormSchema):
    """For how long a link shows the credential, in days; 0 has no end."""

    days = fields.Integer(required=True, validate=validate.OneOf([7, 30, 365, 0]))


class ReasonForm(FormSchema):
    """A reason or an objection in the person's own words."""

    reason = fields.String(required=True, validate=[validate.Length(min=3, max=_SENTENCE), validate.Regexp(r"\s*\S")])


class RemedyForm(ReasonForm):
    """What becomes of a credential after a change, and why."""

    remedy = fields.String(required=True, validate=validate.OneOf([each.value for each in Remedy]))


def read_form(schema: type[FormSchema]) -> dict[str, Any] | None:
    """Return the checked fields of the form that was sent, None where one of them is wrong."""
    try:
        loaded: dict[str, Any] = schema().load(request.form.to_dict())
    except ValidationError:
        return None
    return loaded
