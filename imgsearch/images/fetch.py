"""Pictures from the web: over http and https alone, within bounds of size and time."""

from __future__ import annotations

import time
import urllib.error
import urllib.parse
import urllib.request
from http.client import HTTPException, HTTPMessage
from typing import IO

from imgsearch.errors import PictureError, printable

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
    try:
        request = urllib.request.Request(urllib.parse.quote(url, safe=_SAFE), headers={"User-Agent": _AGENT})
        deadline = time.monotonic() + patience
        with _opener().open(request, timeout=silence) as response:
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
                if time.monotonic() > deadline:
                    raise _refused(url, f"not complete after {patience:g} s")
            if length.isdecimal() and size < int(length):
                raise _refused(url, f"the connection broke after {size:,} of {int(length):,} bytes")
    except urllib.error.HTTPError as error:
        with error:
            raise _refused(url, f"the server says {error.code} {' '.join(str(error.reason).split())}") from None
    except (OSError, HTTPException, ValueError) as error:  # URLError and time-outs are OSErrors
        raise _refused(url, _reason(error, silence)) from None


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

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        if urllib.parse.urlsplit(newurl).scheme not in {"http", "https"}:
            fp.close()
            raise urllib.error.URLError(f"redirected to {newurl}, which is neither http nor https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """What opens http and https and nothing else: `urlopen` would read local files and ftp, too."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.UnknownHandler(),
        _WebOnly(),
    ):
        opener.add_handler(handler)
    return opener
