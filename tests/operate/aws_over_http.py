"""moto's AWS for other processes: what they ask at an endpoint of this machine is asked in this one, where moto is."""

import contextlib
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
"""Whom a request is for stands in its signature
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html)."""
_GLOBAL = frozenset({"iam"})
"""Services with one endpoint for all Regions."""


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        scope = _SCOPE.search(self.headers["Authorization"])
        assert scope is not None, self.headers["Authorization"]
        place = scope["service"] if scope["service"] in _GLOBAL else f"{scope['service']}.{scope['region']}"
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = requests.post(f"https://{place}.amazonaws.com{self.path}", data=body, headers=headers, timeout=30)
        self.send_response(answer.status_code)
        self.send_header("Content-Type", answer.headers.get("Content-Type", "text/xml"))
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content)

    def log_message(self, *_said: object) -> None:
        """Nothing: the tests ask AWS itself what was done."""


@contextlib.contextmanager
def endpoint() -> Iterator[str]:
    """The address of the endpoint, as `AWS_ENDPOINT_URL` takes it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
