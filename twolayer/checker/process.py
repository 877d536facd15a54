"""A process of its own for every file, with limits and an empty folder, ended whole when its time is up.

`python -m twolayer.checker.process FOLDER` has NumPy loaded and starts one for each of the files named on its stdin, by
a fork where the system can; it prints a line of JSON for each file that is done.
"""

import contextlib
import importlib
import io
import json
import math
import multiprocessing
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

from twolayer.checker.report import Finding, Report

ROOT = str(Path(__file__).parents[2])
KEPT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "LANG", "TWOLAYER_SITE")
ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONDONTWRITEBYTECODE"), "1"),
    "PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "MPLBACKEND": "Agg",
}  # fmt: skip
PACKAGES = ("sklearn.datasets", "sklearn.model_selection", "sklearn.preprocessing", "pandas", "scipy.optimize")
BESIDE = 2000  # files of their folder that they may read
LARGE = 2**20  # bytes of such a file that is not copied where it cannot be linked
PRINTED = 2000  # characters that are kept
PATIENCE = 4  # limit by the clock, for what waits without computing, in limits of processor time
THREADS = 16  # that their program may start
FULL, FAILED, LATE = 3, 4, -getattr(signal, "SIGXCPU", 24)  # exit codes
FORBIDDEN = (
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec", "os.startfile", "subprocess.Popen",
    "pty.spawn", "socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo", "os.kill", "os.killpg",
    "signal.pthread_kill", "os.chown", "urllib.Request", "syslog.", "resource.setrlimit", "resource.prlimit",
    "ctypes.dlopen", "ctypes.dlsym", "ctypes.cdata", "ctypes.string_at", "webbrowser.open",
)  # fmt: skip
CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "os.mkdir", "os.link", "os.symlink", "os.chmod",
           "shutil.rmtree", "shutil.move", "os.utime", "os.setxattr")  # fmt: skip


def reports(
    paths: Sequence[Path], driver: str | None, seconds: float, megabytes: int, workers: int
) -> Generator[tuple[int, Report]]:
    """The reports on files as they are done, each with the number of its file; ends all processes when it is closed."""
    request = {"paths": [str(p.absolute()) for p in paths], "driver": driver, "seconds": seconds,
               "megabytes": megabytes, "workers": workers}  # fmt: skip
    left = dict(enumerate(paths))
    with tempfile.TemporaryDirectory(prefix="twolayer-check-", ignore_cleanup_errors=True) as base:
        found = os.pathsep.join([ROOT, *os.environ.get("PYTHONPATH", "").split(os.pathsep)]).strip(os.pathsep)
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        server = subprocess.Popen(
            [sys.executable, "-P", "-m", "twolayer.checker.process", base], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
            env=kept | ENVIRONMENT | {"PYTHONPATH": found, "HOME": base, "TEMP": base, "TMPDIR": base},
        )  # fmt: skip
        assert server.stdin and server.stdout
        try:
            with contextlib.suppress(OSError), server.stdin as to:
                to.write(json.dumps(request).encode())
            for line in server.stdout:
                number, data = json.loads(line)
                yield number, Report.from_dict(data | {"name": str(left.pop(number))})
        finally:
            with contextlib.suppress(OSError):
                os.killpg(server.pid, signal.SIGKILL) if hasattr(os, "killpg") else server.kill()
            server.stdout.close()
            server.wait()
    for number, path in left.items():
        yield number, failed(str(path), "process", "the process that checks the program ended too early")


def failed(path: str, name: str, said: str) -> Report:
    """The report on a file of which nothing else is known."""
    return Report(path, [Finding("unknown", name, said)])


def main() -> None:
    """Start a process for each file, several at a time, and print what each reports."""
    import twolayer.checker.examine  # noqa: F401  # loaded once for all files, and the packages that they use

    request, base = json.load(sys.stdin), Path(sys.argv[1])
    texts = "".join(Path(p).read_text("utf-8", "replace") for p in request["paths"] if Path(p).is_file())
    for package in PACKAGES:
        if re.search(rf"(import|from) {package.partition('.')[0]}\b", texts):
            with contextlib.suppress(Exception):
                importlib.import_module(package)
    context: Any = multiprocessing.get_context("fork" if hasattr(os, "fork") else "spawn")
    waiting, running = list(enumerate(request["paths"]))[::-1], list[tuple[int, Any, float]]()
    while waiting or running:
        while waiting and len(running) < request["workers"]:
            number, path = waiting.pop()
            process = context.Process(target=inside, args=(path, request, base / str(number)))
            process.start()
            running.append((number, process, time.monotonic() + PATIENCE * request["seconds"]))
        time.sleep(0.005)
        for number, process, end in list(running):
            if late := time.monotonic() > end:
                process.kill()
                process.join()
            if not process.is_alive():
                running.remove((number, process, end))
                report = answer(base / f"{number}.json", LATE if late else process.exitcode, request)
                print(json.dumps([number, report]), flush=True)
                shutil.rmtree(base / str(number), ignore_errors=True)


def answer(path: Path, code: int, request: dict[str, Any]) -> dict[str, Any]:
    """The report that the process of a file wrote, or one that says how it ended."""
    with contextlib.suppress(OSError, ValueError):
        report = json.loads(path.read_text("utf-8"))
        if isinstance(report, dict) and "exit_code" in report:
            return report
    name, said = "exit", f"the program ended the Python process, with os._exit or the like (exit code {code})"
    if code == LATE:
        name, said = "time", f"the program did not end within {request['seconds']:g} seconds"
    elif code < 0 or code == FULL:
        name, said = "memory", f"the program crashed, or used more than {request['megabytes']} MB of memory"
    return failed("", name, said).to_dict()


# Inside: one file


class Beginning(io.StringIO):
    """A stream that keeps the beginning of what is printed, and cannot be closed."""

    def write(self, text: str) -> int:
        super().write(text[: max(0, PRINTED - self.tell())])
        return len(text)

    def close(self) -> None: ...


def inside(path: str, request: dict[str, Any], folder: Path) -> None:
    """Check one file in this process, whose limits cannot be lifted, and write the report beside the folder."""
    from twolayer.checker.examine import examine

    dumps, leave, code = json.dumps, os._exit, FAILED  # theirs may be changed later
    try:
        out = folder.with_suffix(".json").open("w", encoding="utf-8")
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        folder.mkdir()
        beside(Path(path).parent, folder)
        os.chdir(folder)
        os.environ |= {"HOME": str(folder), "TEMP": str(folder), "TMPDIR": str(folder)}
        sys.argv = [path]
        time.sleep, time.clock = lambda seconds: None, time.perf_counter  # type: ignore[attr-defined]
        unlimited = limit(request["seconds"], request["megabytes"])
        refuse(str(folder))
        printed: Any = Beginning()
        sys.stdout = sys.stderr = printed
        sys.stdin = io.StringIO()
        try:
            report = examine(Path(path), request["driver"])
        except MemoryError:
            raise
        except Exception as error:  # ours; what theirs raises is caught where it runs
            report = failed(path, "internal", f"the checker itself failed: {type(error).__name__}: {error}")
        report.printed, report.unlimited = printed.getvalue(), unlimited
        with out:
            out.write(dumps(report.to_dict()))
        code = 0
    except MemoryError:
        code = FULL
    finally:
        leave(code)


def beside(theirs: Path, folder: Path) -> None:
    """Show what lies beside their file in the folder, as links, through which nothing can be written."""
    for path in sorted(theirs.iterdir())[:BESIDE]:
        with contextlib.suppress(OSError):
            try:
                (folder / path.name).symlink_to(path, path.is_dir())
            except OSError:  # Windows asks for a privilege
                if path.is_file() and path.stat().st_size < LARGE:
                    shutil.copyfile(path, folder / path.name)


def limit(seconds: float, megabytes: int) -> list[str]:
    """Set what the system can limit; returns what it cannot."""
    try:
        import resource
    except ImportError:
        return ["memory", "processor time", "file size"]
    memory, time = megabytes * 2**20, math.ceil(seconds)
    for name, soft, hard in (
        ("RLIMIT_AS", memory, memory), ("RLIMIT_DATA", memory, memory), ("RLIMIT_CPU", time, time + 1),
        ("RLIMIT_FSIZE", 2**24, 2**24), ("RLIMIT_CORE", 0, 0), ("RLIMIT_NOFILE", 128, 128),
    ):  # fmt: skip
        with contextlib.suppress(ValueError, OSError, AttributeError):
            resource.setrlimit(getattr(resource, name), (soft, hard))
    return []


def refuse(folder: str) -> None:
    """Other processes, the network, and changes of files outside the folder, from now on."""
    inside = os.path.realpath(folder) + os.sep
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    realpath, startswith, threads = os.path.realpath, str.startswith, [0]

    def hook(event: str, args: tuple[Any, ...]) -> None:
        threads[0] += event == "_thread.start_new_thread"
        if startswith(event, FORBIDDEN) or threads[0] > THREADS:
            raise PermissionError(f"{event} is not allowed{' again' * (threads[0] > THREADS)} while code is checked")
        if startswith(event, CHANGES) or (event == "open" and isinstance(args[2], int) and args[2] & writing):
            for name in args[: 2 if event in ("os.rename", "shutil.move", "os.link", "os.symlink") else 1]:
                path = realpath(os.fsdecode(name)) if isinstance(name, str | bytes | os.PathLike) else ""
                if not (startswith(path + os.sep, inside) or path == os.devnull or isinstance(name, int)):
                    raise PermissionError(f"writing {path or 'files'} is not allowed while code is checked")

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
