"""The parent's side of a separate process: starts it, asks, waits no longer than agreed, and ends it."""

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from twolayer.checker import host

Json = Any
LONGEST = 64 * 2**20  # bytes of one answer
KEPT = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG")


class CannotCheckError(Exception):
    """No verdict is possible; the message is the plain sentence that says why."""


class Asks(Protocol):
    """What answers questions about a student's code."""

    def ask(self, request: Json) -> Json: ...


class Here:
    """The student's namespace in this very process, for a notebook. Nothing in it is changed."""

    def __init__(self, namespace: dict[str, Any], limit: float) -> None:
        self.host = host.Host(namespace, limit)

    def ask(self, request: Json) -> Json:
        return json.loads(json.dumps(self.host.answer(request)))


def environment(home: str) -> dict[str, str]:
    """The few variables that their process gets to see."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept |= {"HOME": home, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1"}


class Forker:
    """A process with Python and NumPy loaded that forks one for each file, so that a class is checked sooner."""

    def __init__(self) -> None:
        self.socket, theirs = socket.socketpair()
        command = [sys.executable, "-s", host.__file__, "--serve"]
        self.process = subprocess.Popen(
            command, stdin=theirs.fileno(), env=environment(os.devnull), start_new_session=True
        )
        theirs.close()
        self.answers = self.socket.makefile("r")

    def ask(self, request: Json, descriptors: list[int]) -> Json:
        socket.send_fds(self.socket, [json.dumps(request).encode()], descriptors)
        return json.loads(self.answers.readline())


forker: Forker | None = None  # of this process; only the workers on a folder have one


def fork_from_now_on() -> None:
    """Where the system can."""
    global forker
    if hasattr(os, "fork") and hasattr(socket, "send_fds"):
        forker = Forker()


class Forked:
    """A forked process, with what of `subprocess.Popen` is needed."""

    def __init__(self, parent: Forker, options: Json, stderr: int) -> None:
        self.parent = parent
        requests, write = os.pipe()
        read, answers = os.pipe()
        self.pid: int = parent.ask(options, [requests, answers, stderr])
        os.close(requests)
        os.close(answers)
        self.stdin, self.stdout = os.fdopen(write, "wb"), os.fdopen(read, "rb")
        self.code: int | None = None

    def wait(self, timeout: float = 10.0) -> int:
        end = time.monotonic() + timeout
        while self.code is None:
            self.code = self.parent.ask({"reap": self.pid}, [])
            if self.code is None:
                if time.monotonic() > end:
                    raise subprocess.TimeoutExpired("their process", timeout)
                time.sleep(0.002)
        return self.code

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)


class Sandbox:
    """A process for one file, with limits of time and memory; its prints go to a file of their own."""

    def __init__(self, path: Path, seconds: float = 10.0, megabytes: int = 2048) -> None:
        self.path, self.seconds, self.megabytes = path, seconds, megabytes

    def __enter__(self) -> "Sandbox":
        self.folder = tempfile.TemporaryDirectory(prefix="twolayer-check-", ignore_cleanup_errors=True)
        self.printed = tempfile.TemporaryFile()
        self.left = self.seconds  # of the time that their process may take
        options = {
            "filename": str(self.path),
            "folder": str(self.path.resolve().parent),
            "seconds": self.seconds,
            "call_seconds": self.seconds / 6,
            "megabytes": self.megabytes,
        }
        self.process: subprocess.Popen[bytes] | Forked
        if forker:
            self.process = Forked(forker, options | {"home": self.folder.name}, self.printed.fileno())
        else:
            self.process = subprocess.Popen(
                [sys.executable, "-s", host.__file__, json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.printed,
                cwd=self.folder.name,
                env=environment(self.folder.name),
                start_new_session=True,
            )
        self.answers: queue.Queue[bytes] = queue.Queue()
        threading.Thread(target=self.listen, daemon=True).start()
        return self

    def listen(self) -> None:
        assert self.process.stdout
        while line := self.process.stdout.readline(LONGEST):
            self.answers.put(line)
            if not line.endswith(b"\n"):
                break
        self.answers.put(b"")

    def ask(self, request: Json) -> Json:
        """The answer; raises CannotCheckError where there is none in time."""
        assert self.process.stdin
        start = time.monotonic()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            line = self.answers.get(timeout=max(0.0, self.left))
            self.left -= time.monotonic() - start
        except queue.Empty:
            raise CannotCheckError(f"it did not end within {self.seconds:g} seconds") from None
        except OSError:
            line = b""
        try:
            answer = json.loads(line)
        except ValueError:
            raise CannotCheckError(self.obituary()) from None
        if not isinstance(answer, dict):
            raise CannotCheckError("its process did not answer as agreed")
        if "failed" in answer:
            error = answer["failed"]
            raise CannotCheckError(f"{error['type']}: {error['message']}")
        return answer

    def obituary(self) -> str:
        """Why there is no answer any more."""
        try:
            code = self.process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return "its process did not answer as agreed"
        if code in (-signal.SIGKILL, -signal.SIGSEGV, -signal.SIGABRT) or b"MemoryError" in self.output(10_000):
            return f"its process was ended: it used more than {self.megabytes} MB of memory, or crashed"
        if hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU:
            return f"it did not end within {self.seconds:g} seconds"
        return f"it ended the Python process itself (os._exit or the like, exit code {code})"

    def output(self, most: int = 2000) -> bytes:
        """The beginning of what the code printed."""
        self.printed.seek(0)
        return self.printed.read(most)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        try:
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()
        except OSError:
            pass
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            try:
                if pipe:
                    pipe.close()
            except OSError:
                pass
        self.printed.close()
        self.folder.cleanup()
