"""A stand-in of S3 that keeps objects in memory and checks each request's signature (SigV4)."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, unquote, urlsplit
from wsgiref.types import StartResponse, WSGIEnvironment
from xml.sax.saxutils import escape

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

KEY, SECRET, REGION = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG", "ap-northeast-1"
SIGNED = re.compile(r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})")


class BucketServer:
    """One bucket named "shop". `faults`: statuses that the next requests get."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.faults: list[int] = []
        self.page = 1000

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> Iterator[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length)
        status, answer, headers = self._answer(environ, body)
        start(f"{status} x", [("Content-Length", str(len(answer))), *headers])
        yield answer

    def _answer(
        self, environ: WSGIEnvironment, body: bytes
    ) -> tuple[int, bytes, list[tuple[str, str]]]:
        if self.faults:
            return _error(self.faults.pop(0), "SlowDown")
        if not is_signed(environ):
            return _error(403, "SignatureDoesNotMatch")
        _, bucket, key = (environ["PATH_INFO"] + "/").split("/", 2)
        method, key = environ["REQUEST_METHOD"], key.rstrip("/")
        if bucket != "shop":
            return _error(404, "NoSuchBucket")
        if method == "PUT":
            self.objects[key] = body
            return 200, b"", []
        if method == "DELETE":
            self.objects.pop(key, None)
            return 204, b"", []
        return self._read(key, environ) if key else self._listed(environ)

    def _read(self, key: str, environ: WSGIEnvironment) -> tuple[int, bytes, list[tuple[str, str]]]:
        if key not in self.objects:
            return _error(404, "NoSuchKey")
        data = self.objects[key]
        if span := environ.get("HTTP_RANGE"):
            first, last = span.removeprefix("bytes=").split("-")
            return 206, data[int(first) : int(last) + 1 if last else None], []
        return 200, data, []

    def _listed(self, environ: WSGIEnvironment) -> tuple[int, bytes, list[tuple[str, str]]]:
        prefix = dict(parse_qsl(environ["QUERY_STRING"])).get("prefix", "")
        keys = sorted(key for key in self.objects if key.startswith(prefix))
        page = [f"<Contents><Key>{escape(key)}</Key></Contents>" for key in keys[: self.page]]
        more = str(len(keys) > self.page).lower()
        xml = (
            f"<ListBucketResult><IsTruncated>{more}</IsTruncated>{''.join(page)}</ListBucketResult>"
        )
        return 200, xml.encode(), [("Content-Type", "application/xml")]


def is_signed(environ: WSGIEnvironment) -> bool:
    """Whether botocore's own signer makes the same signature of what arrived."""
    found = SIGNED.search(environ.get("HTTP_AUTHORIZATION", ""))
    if not found:
        return False
    query = environ["QUERY_STRING"]
    url = f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}" + (f"?{query}" if query else "")
    names = found[1].split(";")
    headers = {name: _header(environ, name) for name in names if name != "host"}
    request = AWSRequest(environ["REQUEST_METHOD"], url, headers)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = S3SigV4Auth(Credentials(KEY, SECRET), "s3", REGION)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return signer.signature(text, request) == found[2] and unquote(urlsplit(url).path) != ""


def _header(environ: WSGIEnvironment, name: str) -> str:
    plain = name.upper().replace("-", "_")
    value = environ.get(f"HTTP_{plain}", environ.get(plain, ""))
    return str(value)


def _error(status: int, code: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    xml = f"<Error><Code>{code}</Code><Message>No</Message></Error>"
    return status, xml.encode(), [("Content-Type", "application/xml")]
