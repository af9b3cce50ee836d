"""A plain HTTP client whose every answer is held to what the REST API promises of all answers."""

from __future__ import annotations

import http.client
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# What TensorFlow's status codes are as HTTP; 500 stands for a fault of the server's own.
DOCUMENTED = {200, 400, 404, 409, 429, 501, 503, 504}
TRACE = re.compile(r'most recent call last|File "[^"]*", line|site-packages|object at 0x')


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.text)

    @property
    def error(self) -> str:
        """The message of an error; empty for a success."""
        return "" if self.status == 200 else str(self.json["error"])


class Rest:
    """One keep-alive connection to a server's REST API. Not for several threads."""

    def __init__(self, url: str, timeout: float = 60) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
        self.sent = 0

    def __enter__(self) -> Rest:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def get(self, path: str) -> Answer:
        """GET `/v1/models/<path>`."""
        return self.send("GET", f"/v1/models/{path}")

    def post(self, path: str, body: object) -> Answer:
        """POST `body` as JSON to `/v1/models/<path>`."""
        return self.send("POST", f"/v1/models/{path}", json.dumps(body))

    def send(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request as it is, and check its answer.

        Raises:
            AssertionError: the answer is none that the API documents.
            OSError: the server cut the connection or did not answer in time.
        """
        raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
        self.sent += 1
        try:
            self._connection.request(method, path, raw, headers or {})
            response = self._connection.getresponse()
            text = response.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        answer = Answer(response.status, response.headers, text)
        if path.lower().startswith("/v1/"):
            check(answer)
        return answer


def check(answer: Answer) -> None:
    """Hold an answer below `/v1/` to the form of the API: documented code, JSON, no stack trace."""
    assert answer.status in DOCUMENTED, (answer.status, answer.text[:2000])
    assert not answer.text or answer.headers["content-type"] == "application/json"
    if answer.status == 200:
        return
    assert list(answer.json) == ["error"], answer.text[:2000]
    assert answer.error.strip(), "an error must say what is wrong"
    assert not TRACE.search(answer.error), answer.error[:2000]
