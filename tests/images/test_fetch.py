from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from imgsearch.errors import PictureError
from imgsearch.images.fetch import fetch

CONTENT = bytes(range(256)) * 100
ended = threading.Event()


class Server(BaseHTTPRequestHandler):
    """Every way to answer, by path."""

    def do_GET(self) -> None:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # who asked has gone
            getattr(self, self.path.strip("/").split("?")[0], self.missing)()

    def log_message(self, *_: object) -> None:
        pass

    def head(self, code: int = 200, **headers: object) -> None:
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def missing(self) -> None:
        self.send_error(404)

    def picture(self) -> None:
        self.head(Content_Type="image/png", Content_Length=len(CONTENT))
        self.wfile.write(CONTENT)

    def nameless(self) -> None:
        self.head()
        self.wfile.write(CONTENT)

    def page(self) -> None:
        self.head(Content_Type="text/html; charset=utf-8")
        self.wfile.write(b"<!DOCTYPE html>")

    def huge(self) -> None:
        self.head(Content_Length=5_000_000_000)

    def endless(self) -> None:
        self.head()
        while not ended.is_set():
            self.wfile.write(CONTENT)

    def broken(self) -> None:
        self.head(Content_Length=2 * len(CONTENT))
        self.wfile.write(CONTENT)

    def silent(self) -> None:
        ended.wait(5)

    def stuck(self) -> None:
        self.head(Content_Length=len(CONTENT))
        self.wfile.write(CONTENT[:10])
        ended.wait(5)

    def dripping(self) -> None:
        self.head(Content_Length=len(CONTENT))
        while not ended.wait(0.02):
            self.wfile.write(b".")

    def dripping_head(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-A: ")
        while not ended.wait(0.02):
            self.wfile.write(b".")

    def moved(self) -> None:
        self.head(302, Location="/picture")

    def circle(self) -> None:
        self.head(302, Location="/circle")

    def local(self) -> None:
        self.head(302, Location="file:///etc/passwd")

    def ftp(self) -> None:
        self.head(302, Location="ftp://127.0.0.1/picture.png")

    def drive(self) -> None:
        self.head(302, Location="c:/picture.png")

    def nonsense(self) -> None:
        self.wfile.write(b"nonsense\r\n\r\n")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server of this machine's own."""
    ended.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        ended.set()
        running.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "127.0.0.1")


def fetched(url: str, most: int = 1_000_000, silence: float = 5.0, patience: float = 5.0) -> bytes:
    file = io.BytesIO()
    fetch(url, file, most, silence=silence, patience=patience)
    return file.getvalue()


@pytest.mark.parametrize("path", ["picture", "nameless", "moved", "picture?a b=ü"])
def test_what_is_there_is_fetched_by_way_of_redirections_too(server: str, path: str) -> None:
    assert fetched(f"{server}/{path}") == CONTENT
    assert fetched(f"{server}/{path}", most=len(CONTENT)) == CONTENT


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("missing", "the server says 404 Not Found"),
        ("page", "a web page (HTML), not a picture"),
        ("huge", "5,000,000,000 bytes, more than the 1,000,000 that there is memory for"),
        ("endless", "more than the 1,000,000 bytes that there is memory for"),
        ("broken", "the connection broke after 25,600 of 51,200 bytes"),
        ("silent", "no answer within 0.3 s"),
        ("stuck", "no answer within 0.3 s"),
        ("dripping", "not complete after 0.6 s"),
        ("dripping_head", "not complete after 0.6 s"),
        ("circle", "redirected in a circle, or too often"),
        ("local", "redirected to file:///etc/passwd, which is neither http nor https"),
        ("drive", "redirected to c:/picture.png, which is neither http nor https"),
        ("ftp", "redirected to ftp://127.0.0.1/picture.png, which is neither http nor https"),
        ("nonsense", "cannot be fetched"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_line_and_in_time(server: str, path: str, reason: str) -> None:
    with pytest.raises(PictureError) as caught:
        fetched(f"{server}/{path}", silence=0.3, patience=0.6)
    assert reason in caught.value.reason
    assert caught.value.path == f"{server}/{path}"
    assert caught.value.reason.isprintable()
    assert caught.value.remedy == "give the URL of a picture, or a file"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://127.0.0.1:1/a.png", "Connection refused"),
        ("http://", "cannot be fetched"),
        ("http://127.0.0.1:many/a.png", "cannot be fetched"),
        ("http://[::1/a.png", "cannot be fetched"),
        ("http://exa mple.invalid/a.png", "cannot be fetched"),
        ("http://\udce9.invalid/a.png", "cannot be fetched"),
        ("ftp://127.0.0.1/a.png", "cannot be fetched"),
        ("file:///etc/passwd", "cannot be fetched"),
    ],
)
def test_an_address_that_leads_nowhere_says_so(url: str, reason: str) -> None:
    with pytest.raises(PictureError) as caught:
        fetched(url)
    assert reason in caught.value.reason
