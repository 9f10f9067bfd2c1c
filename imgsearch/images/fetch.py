"""Pictures from the web: over http and https alone, within bounds of size and time."""

from __future__ import annotations

import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any

from imgsearch.errors import PictureError, printable
from imgsearch.images.deadline import Deadline

SILENCE = 15.0
"""Seconds without a byte after which a server counts as gone."""
PATIENCE = 120.0
"""Seconds that one picture may take altogether."""
_AGENT = "imgsearch (https://pypi.org/project/imgsearch)"  # some servers turn a nameless client away
_AT_ONCE = 1 << 16
_REMEDY = "give the URL of a picture, or a file"
_SAFE = "%/:=&?~#+!$,;'@()*[]"  # what stays as it is in a URL that a person typed


def fetch(url: str, file: IO[bytes], most: int, *, silence: float = SILENCE, patience: float = PATIENCE) -> None:
    """Write what is at a URL into `file`, at most `most` bytes of it.

    Raises:
        PictureError: not there, no answer in time, too large, a web page, or redirected to what is not http(s).
    """
    with Deadline(patience) as deadline:
        try:
            _write(url, file, most, silence, deadline)
            reason = None
        except urllib.error.HTTPError as error:
            with error:
                reason = f"the server says {error.code} {' '.join(str(error.reason).split())}"
        except (OSError, HTTPException, ValueError) as error:  # URLError and time-outs are OSErrors
            reason = _reason(error, silence)
        if deadline.passed:  # which shows in many ways, even as a proper end
            reason = f"not complete after {patience:g} s"
    if reason is not None:
        raise _refused(url, reason)


def _write(url: str, file: IO[bytes], most: int, silence: float, deadline: Deadline) -> None:
    request = urllib.request.Request(urllib.parse.quote(url, safe=_SAFE), headers={"User-Agent": _AGENT})
    with _opener(deadline).open(request, timeout=silence) as response:
        if response.headers.get_content_type() in {"text/html", "application/xhtml+xml"}:
            raise _refused(url, "a web page (HTML), not a picture")
        length = response.headers.get("Content-Length") or ""
        if length.isdecimal() and int(length) > most:
            raise _refused(url, f"{int(length):,} bytes, more than the {most:,} that there is memory for")
        size = 0
        while part := response.read1(_AT_ONCE):
            size += file.write(part)
            if size > most:
                raise _refused(url, f"more than the {most:,} bytes that there is memory for")
        if length.isdecimal() and size < int(length) and not deadline.passed:
            raise _refused(url, f"the connection broke after {size:,} of {int(length):,} bytes")


def _reason(error: Exception, silence: float) -> str:
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(cause, TimeoutError):
        return f"no answer within {silence:g} s"
    words = getattr(cause, "strerror", None) or " ".join(str(cause).split()) or type(cause).__name__
    return f"cannot be fetched ({printable(words)[:200]})"


def _refused(url: str, reason: str) -> PictureError:
    return PictureError(url, printable(reason), _REMEDY)


class _WebOnly(urllib.request.HTTPRedirectHandler):
    """Follows redirections to http and https, ten of them at most."""

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage
    ) -> HTTPResponse | None:
        target = headers.get("location") or ""
        if urllib.parse.urlsplit(target).scheme.lower() not in {"http", "https", ""}:
            fp.close()
            raise urllib.error.URLError(f"redirected to {target}, which is neither http nor https")
        try:
            return super().http_error_302(req, fp, code, msg, headers)
        except urllib.error.HTTPError as error:
            if error.code == code and self.inf_msg in str(error.reason):
                error.close()
                raise urllib.error.URLError("redirected in a circle, or too often") from None
            raise

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302


class _Plain(HTTPConnection):
    """Lets a deadline watch over its socket."""

    deadline: Deadline

    def connect(self) -> None:
        super().connect()
        self.deadline.watch(self.sock)


class _Secure(HTTPSConnection, _Plain):
    """The same, with TLS on top: `HTTPSConnection.connect` begins with that of `_Plain`."""


class _Watched(urllib.request.AbstractHTTPHandler):
    """Opens connections that a deadline watches."""

    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._plain, req)

    def https_open(self, req: urllib.request.Request) -> HTTPResponse:
        return self.do_open(self._secure, req)

    http_request = https_request = urllib.request.AbstractHTTPHandler.do_request_

    def _plain(self, host: str, **options: Any) -> HTTPConnection:  # noqa: ANN401 - as urllib gives them
        connection = _Plain(host, **options)
        connection.deadline = self._deadline
        return connection

    def _secure(self, host: str, **options: Any) -> HTTPConnection:  # noqa: ANN401 - as urllib gives them
        connection = _Secure(host, **options)
        connection.deadline = self._deadline
        return connection


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    """What opens http and https and nothing else: `urlopen` would read local files and ftp, too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        _Watched(deadline),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _WebOnly(),
    ):
        opener.add_handler(handler)
    return opener
