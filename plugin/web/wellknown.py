"""What the bridge says of itself at addresses that others look for: its key set (RFC 7517)."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from lti.tool_keys import CACHE, key_set, published
from plugin.web.launching import tools

blueprint = Blueprint("wellknown", __name__)


@blueprint.get("/lti/jwks")
def jwks() -> Response:
    """Return the public keys, with how long they may be kept."""
    response = jsonify(key_set(published(tools().tool_keys.keys(), tools().clock())))
    response.cache_control.public = True
    response.cache_control.max_age = int(CACHE.total_seconds())
    return response
