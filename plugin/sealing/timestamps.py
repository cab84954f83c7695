"""Asking a timestamp authority for proof that a seal existed at a time (RFC 3161 clause 3.4, over HTTP)."""

from __future__ import annotations

import requests
from rfc3161_client import HashAlgorithm, TimestampRequestBuilder, decode_timestamp_response
from urllib3.exceptions import HTTPError

from plugin.sealing.errors import TimestampRefused, TimestampUnavailable
from plugin.sealing.timestamp_tokens import read_token

_TIMEOUT = (5, 10)  # seconds to connect, seconds between two bytes
_ANSWER_LIMIT = 65_536  # bytes; a token with its certificates takes 2 to 8 kB
_GRANTED = 0  # PKIStatus, RFC 3161 clause 2.4.2
_FINAL = frozenset(range(300, 500)) - {408, 425, 429}  # asking again would not help; a redirect is not followed


class TimestampAuthority:
    """Asks one RFC 3161 authority over HTTP."""

    def __init__(self, url: str, session: requests.Session | None = None) -> None:
        self._url = url
        self._session = session or requests.Session()

    def stamp(self, data: bytes) -> bytes:
        """Return the DER TimeStampToken over SHA-256 of ``data``.

        Raise :class:`TimestampUnavailable` (try again) or :class:`TimestampRefused`.
        """
        request = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA256).build()
        try:
            response = decode_timestamp_response(self._post(request.as_bytes()))
            if response.status != _GRANTED:
                raise TimestampRefused(f"the timestamp authority answered with status {response.status}")
            timestamp = read_token(response.time_stamp_token())
        except ValueError:
            raise TimestampRefused("the timestamp authority's answer is no RFC 3161 response") from None
        if response.tst_info.nonce != request.nonce or not timestamp.covers(data) or not timestamp.is_intact():
            raise TimestampRefused("the timestamp authority stamped something else, or did not sign")
        return timestamp.token

    def _post(self, query: bytes) -> bytes:
        headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
        try:
            with self._session.post(
                self._url, query, headers=headers, timeout=_TIMEOUT, stream=True, allow_redirects=False
            ) as answer:
                if answer.status_code in _FINAL:
                    raise TimestampRefused(f"the timestamp authority answered with HTTP status {answer.status_code}")
                answer.raise_for_status()
                return answer.raw.read(_ANSWER_LIMIT, decode_content=True)
        except (requests.RequestException, HTTPError) as error:
            raise TimestampUnavailable(f"the timestamp authority did not answer ({type(error).__name__})") from None
