"""A process of its own for every file: limited, in a folder of its own, and ended whole when its time is up.

Run as `python -m twolayer.checker.process`, it serves: a request a line on stdin, a report a line on stdout.
"""

import contextlib
import importlib
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

Json = dict[str, Any]
KEPT = ("PATH", "PYTHONPATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG", "TWOLAYER_SITE", "TEMP", "TMP")
LONGEST = 16 * 2**20  # bytes of a report
LARGE = 2**20  # bytes of a file beside theirs that is linked, not copied
FORBIDDEN = (
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec", "os.startfile", "subprocess.Popen",
    "pty.spawn", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "os.kill", "os.killpg",
    "signal.pthread_kill", "os.chown", "urllib.Request", "syslog.", "resource.setrlimit", "resource.prlimit",
    "ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata", "ctypes.string_at", "webbrowser.open",
)  # fmt: skip
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "os.mkdir", "os.link", "os.symlink", "os.chmod",
           "shutil.rmtree", "shutil.move", "os.utime", "os.setxattr")  # fmt: skip
can_fork = hasattr(os, "fork")


def environment(home: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    kept |= {"HOME": home, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "MPLBACKEND": "Agg"}


class Server:
    """The other side: a process that has NumPy loaded, and forks one for each file where the system can."""

    def __init__(self) -> None:
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "twolayer.checker.process"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=environment(os.devnull), start_new_session=can_fork,
        )  # fmt: skip

    def check(self, request: Json) -> Json | None:
        """The report on one file, or None if the server died."""
        assert self.process.stdin and self.process.stdout
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())  # type: ignore[no-any-return]
        except (OSError, ValueError):
            self.close()
            self.start()
            return None

    def close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                if pipe:
                    pipe.close()
        self.process.kill()
        self.process.wait()


# Inside: one file


def needed(path: Path, folder: Path) -> None:
    """Put what the file's text names, of what lies beside it, into the folder; modules and data of modules too."""
    text = path.read_text("utf-8", "replace")
    left = {
        p
        for p in path.resolve().parent.iterdir()
        if not p.name.startswith((".", "__pycache__")) and p != path.resolve()
    }
    found = left
    while found:
        words = set(re.findall(r"\w+", text))
        found = {p for p in left if p.name in text or p.stem in words}
        left -= found
        for p in found:
            target = folder / p.name
            try:
                if p.is_dir():
                    size = sum(f.stat().st_size for f in p.rglob("*") if f.is_file())
                    if size < 8 * LARGE:
                        shutil.copytree(p, target, symlinks=True, ignore=shutil.ignore_patterns(".git", "__pycache__"))
                        text += "".join(f.read_text("utf-8", "replace") for f in p.rglob("*.py"))
                    else:
                        target.symlink_to(p)
                elif p.stat().st_size > LARGE:
                    target.symlink_to(p)
                else:
                    shutil.copyfile(p, target)
                    text += p.read_text("utf-8", "replace") if p.suffix == ".py" else ""
            except OSError:
                continue


def refuse(folder: str) -> None:
    """Other processes, the network, and changes of files outside the folder, from now on."""
    inside = os.path.realpath(folder) + os.sep
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    realpath, startswith, threads = os.path.realpath, str.startswith, [0]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if startswith(event, FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while code is checked")
        if event == "_thread.start_new_thread":
            threads[0] += 1
            if threads[0] > 16:
                raise PermissionError("so many threads are not allowed while code is checked")
        if startswith(event, CHANGES) or (
            event == "open" and isinstance(args[2], int) and args[2] & writing and isinstance(args[0], str | bytes)
        ):
            for name in args[: 2 if event in ("os.rename", "shutil.move", "os.link", "os.symlink") else 1]:
                path = realpath(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else ""
                if not startswith(path + os.sep, inside) and path != os.devnull:
                    raise PermissionError(f"writing {path or 'files'} is not allowed while code is checked")

    sys.addaudithook(hook)


def limit(seconds: float, megabytes: int) -> list[str]:
    """Set what the system can limit; returns what it cannot."""
    try:
        import resource
    except ImportError:
        return ["memory", "processor time", "file size"]
    memory = megabytes * 2**20
    for name, value in {
        "RLIMIT_AS": memory, "RLIMIT_DATA": memory, "RLIMIT_CPU": int(seconds) + 2, "RLIMIT_FSIZE": 16 * 2**20,
        "RLIMIT_CORE": 0, "RLIMIT_NOFILE": 128,
    }.items():  # fmt: skip
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (value, value))
    return []


class Bounded:
    """A text stream that keeps the beginning of what is printed, and lets the rest go."""

    encoding, errors, newlines, closed = "utf-8", "replace", None, False

    def __init__(self, room: int = 2000) -> None:
        self.room, self.parts = room, [""]

    def write(self, text: str) -> int:
        if self.room > 0:
            self.parts.append(str(text)[: self.room])
            self.room -= len(self.parts[-1])
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def isatty(self) -> bool:
        return False


def inside(request: Json, folder: str, answer: int) -> None:
    """Check one file in this process, from whose limits there is no way back, and write the report."""
    from twolayer.checker.examine import examine
    from twolayer.checker.report import Finding, Report

    dumps, write = json.dumps, os.write  # theirs may be changed later
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        if descriptor != answer:
            os.dup2(nothing, descriptor)
    path = Path(request["path"]).absolute()
    with contextlib.suppress(OSError):
        needed(path, Path(folder))
    os.chdir(folder)
    os.environ["HOME"] = folder
    sys.argv = [str(path)]
    sys.path[:1] = [folder]
    printed: Any = Bounded()
    unlimited = limit(request["seconds"], request["megabytes"])
    refuse(folder)
    sys.stdout = sys.stderr = printed
    sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123
    try:
        report = examine(path, request["driver"], request["seconds"] * 0.6, request["compose"])
    except MemoryError:
        raise
    except Exception as error:  # ours; what theirs raises is caught where it runs
        said = f"the checker itself failed: {type(error).__name__}: {error}"
        report = Report(str(path), [Finding("unknown", "internal", said)])
    report.printed, report.unlimited = "".join(printed.parts), unlimited
    data = dumps(report.to_dict()).encode() + b"\n"
    while data:
        data = data[write(answer, data) :]


def failed(code: int | None, request: Json) -> Json:
    """The report on a file whose process gave none."""
    from twolayer.checker.report import Finding, Report

    if code is None:
        said, name = f"it did not end within {request['seconds']:g} seconds", "time"
    elif code in (-9, -11, -6, 137) or code == 3:
        said, name = (
            f"its process was ended: it used more than {request['megabytes']} MB of memory, or crashed",
            "memory",
        )
    else:
        said, name = f"it ended the Python process itself (os._exit or the like, exit code {code})", "exit"
    return Report(str(request["path"]), [Finding("unknown", name, said)]).to_dict()


def preload(path: Path) -> None:
    """Import the large packages that the file's folder uses, so that its own time is its own."""
    with contextlib.suppress(OSError):
        text = "".join(
            p.read_text("utf-8", "replace")
            for p in {path, *list(path.parent.glob("*.py"))[:20]}
            if p.stat().st_size < LARGE
        )
        for name in (
            "sklearn.datasets",
            "sklearn.model_selection",
            "sklearn.preprocessing",
            "pandas",
            "scipy.optimize",
        ):
            if name.split(".")[0] in text and name not in sys.modules:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)


def one(request: Json) -> Json:
    """Check one file in a new process, and end that process and all that it started."""
    folder = tempfile.mkdtemp(prefix="twolayer-check-")
    preload(Path(request["path"]))
    try:
        if not can_fork:
            return spawned(request, folder)
        read, answer = os.pipe()
        pid = os.fork()
        if not pid:
            ended = 4
            try:
                os.setsid()
                os.close(read)
                inside(request, folder, answer)
                ended = 0
            except MemoryError:
                ended = 3
            finally:
                os._exit(ended)
        os.close(answer)
        data, end = b"", time.monotonic() + 2 * request["seconds"]
        code: int | None = None
        while len(data) < LONGEST and not data.endswith(b"\n"):
            ready, _, _ = select.select([read], [], [], max(0.0, end - time.monotonic()))
            chunk = os.read(read, 65536) if ready else b""
            if not chunk:
                break
            data += chunk
        else:
            ready = [read]
        os.close(read)
        if ready and not data:
            code = reap(pid, 1.0)
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        if code is None:
            reap(pid, 5.0)
        return answered(data, code, request)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def reap(pid: int, seconds: float) -> int | None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    return None


def answered(data: bytes, code: int | None, request: Json) -> Json:
    try:
        report = json.loads(data)
        if isinstance(report, dict) and "exit_code" in report:
            return report
    except ValueError:
        pass
    return failed(code, request)


def spawned(request: Json, folder: str) -> Json:
    """Where there is no fork: a new interpreter, with a limit of time and a folder of its own."""
    command = [sys.executable, "-m", "twolayer.checker.process", json.dumps(request), folder]
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        data, _ = process.communicate(timeout=2 * request["seconds"])
        return answered(data, process.returncode, request)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return answered(b"", None, request)


def main() -> None:
    import twolayer.checker.examine  # noqa: F401  # loaded before the fork, once for all files

    if len(sys.argv) > 2:
        inside(json.loads(sys.argv[1]), sys.argv[2], os.dup(1))
        return
    answers = os.fdopen(os.dup(1), "wb")
    for line in sys.stdin:
        answers.write(json.dumps(one(json.loads(line))).encode() + b"\n")
        answers.flush()


if __name__ == "__main__":
    main()
