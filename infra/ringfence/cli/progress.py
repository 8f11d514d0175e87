"""What a command is at, once it takes longer than a second: one line on a terminal's standard error, wiped at the end.

Nothing is shown where standard error is no terminal, in CI, or on a terminal that cannot go back (TERM=dumb). The line
is plain text: with or without NO_COLOR (https://no-color.org), Ringfence writes no colours.
"""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Generator
from typing import Any, TextIO, cast

PATIENCE = 1.0
"""Seconds before anything is shown."""
_AGAIN = 0.5
"""Seconds between two looks at the clock."""

_shown: "_Line | None" = None


def step(text: str) -> None:
    """Say what the command is at now; nothing where no progress is shown."""
    if _shown is not None:
        _shown.text = text


@contextlib.contextmanager
def progress(text: str) -> Generator[None]:
    """Show what is going on while the block runs and until it writes something itself."""
    global _shown
    if _shown is not None or not _wanted(sys.stderr):
        yield
        return
    line = _Line(sys.stderr, text)
    out, err = sys.stdout, sys.stderr
    _shown = line
    sys.stdout, sys.stderr = cast("TextIO", _Ending(out, line)), cast("TextIO", _Ending(err, line))
    line.start()
    try:
        yield
    finally:
        line.end()
        sys.stdout, sys.stderr, _shown = out, err, None


def _wanted(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("CI") and os.environ.get("TERM") != "dumb"


class _Line(threading.Thread):
    """The line, written again and again until it is ended."""

    def __init__(self, stream: TextIO, text: str) -> None:
        super().__init__(daemon=True)
        self.text = text
        self._stream = stream
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._width = 0

    def run(self) -> None:
        """Write the line after a while, then with each look at the clock."""
        began = time.monotonic()
        wait = PATIENCE
        while not self._over.wait(wait):
            wait = _AGAIN
            with self._lock:
                if not self._over.is_set():
                    self._write(f"{self.text} · {time.monotonic() - began:.0f} s")

    def end(self) -> None:
        """Wipe the line, for good."""
        with self._lock:
            if not self._over.is_set():
                self._over.set()
                if self._width:
                    self._write("")

    def _write(self, text: str) -> None:
        text = text[: _columns(self._stream) - 1]
        with contextlib.suppress(OSError):  # a terminal that went away ends no command
            self._stream.write(f"\r{text:<{self._width}}" + ("" if text else "\r"))
            self._stream.flush()
        self._width = max(self._width, len(text))


def _columns(stream: TextIO) -> int:
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except OSError:
        return 80


class _Ending:
    """A stream whose first output ends the line: there is something to read now."""

    def __init__(self, stream: TextIO, line: _Line) -> None:
        self._ringfence_stream = stream
        self._ringfence_line = line

    def write(self, text: str) -> int:
        """Wipe the line, and write."""
        if text:
            self._ringfence_line.end()
        return self._ringfence_stream.write(text)

    def __getattr__(self, name: str) -> Any:
        """All else is the stream's."""
        return getattr(self._ringfence_stream, name)
