"""An end for connections that never go silent: a server that sends a byte now and then runs into no time-out."""

from __future__ import annotations

import contextlib
import socket
import threading


class Deadline:
    """Shuts down the sockets that it watches when the time is up; use it in a with block, around their use."""

    def __init__(self, seconds: float) -> None:
        self.passed = False
        """Whether the time is up; what is read from a socket afterwards is its end."""
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            for sock in self._sockets:
                sock.close()
            self._sockets.clear()

    def watch(self, sock: socket.socket) -> None:
        """Watch a connected socket, under a descriptor of its own, as TLS takes away the one that it has."""
        with self._lock:
            self._sockets.append(sock.dup())
        if self.passed:
            self._end()

    def _end(self) -> None:
        with self._lock:
            self.passed = True
            for sock in self._sockets:
                with contextlib.suppress(OSError):  # it was closed already
                    sock.shutdown(socket.SHUT_RDWR)
