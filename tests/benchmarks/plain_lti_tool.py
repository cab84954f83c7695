"""The usual LTI tool to compare with: Flask, pylti1p3 as its README shows it, Redis, the platform's keys cached."""

from __future__ import annotations

import os
import pickle
from typing import Any

import redis
from flask import Flask
from pylti1p3.contrib.flask import FlaskCacheDataStorage, FlaskMessageLaunch, FlaskOIDCLogin, FlaskRequest
from pylti1p3.tool_config import ToolConfDict
from werkzeug.wrappers import Response


class RedisCache:
    """What Flask-Caching's Redis cache does with a value."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url)

    def get(self, key: str) -> Any:
        value = self._redis.get(key)
        return None if value is None else pickle.loads(value)  # type: ignore[arg-type]  # no asynchronous client here

    def set(self, key: str, value: object, timeout: int | None = None) -> None:
        self._redis.set(key, pickle.dumps(value), ex=timeout or 86_400)


def create_app() -> Flask:
    """Return the tool; its settings come from the environment."""
    issuer, client_id = os.environ["BENCH_ISSUER"], os.environ["BENCH_CLIENT"]
    platform = {
        "default": True,
        "client_id": client_id,
        "auth_login_url": f"{issuer}/auth",
        "auth_token_url": f"{issuer}/token",
        "key_set_url": f"{issuer}/jwks",
        "key_set": None,
        "private_key_file": "",
        "deployment_ids": ["1"],
    }
    configuration = ToolConfDict({issuer: [platform]})
    storage = FlaskCacheDataStorage(RedisCache(os.environ["BENCH_REDIS"]))
    app = Flask("plain")
    app.secret_key = "of the benchmark"

    @app.route("/lti/login", methods=["GET", "POST"])
    def login() -> Response:
        oidc = FlaskOIDCLogin(FlaskRequest(), configuration, launch_data_storage=storage)
        answer: Response = oidc.redirect(os.environ["BENCH_LAUNCH_URL"])
        return answer

    @app.post("/lti/launch")
    def launch() -> str:
        message = FlaskMessageLaunch(FlaskRequest(), configuration, launch_data_storage=storage)
        message.set_public_key_caching(storage, cache_lifetime=7200)
        return str(message.get_launch_data()["sub"])

    return app
