"""Runs a student's code on request and answers with values, never with verdicts.

A process of its own, started by `sandbox`; requests and answers are lines of JSON over two pipes that the
student's prints cannot reach. It imports nothing of twolayer: what is judged, and how, is not in here.
"""

import ast
import copy
import inspect
import json
import os
import random
import signal
import socket
import sys
import time
import traceback
import types
import warnings
from collections.abc import Iterator
from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np

Json = Any
array_equal, get_state = np.array_equal, np.random.get_state
LARGEST = 200_000  # entries of an array worth sending
PLOTTING = {"matplotlib", "seaborn", "pylab", "plotly", "IPython", "bokeh", "graphviz"}
ANNOTATIONS = 0x1000000  # `from __future__ import annotations`: annotations are not evaluated


class TimeLimitError(BaseException):
    """Raised inside code that runs too long; no `except Exception` holds it up."""


# Values to and from JSON


def encode(value: object, depth: int = 0) -> Json:
    """A description of any value: arrays with their numbers, containers with their entries, objects with attributes."""
    if value is None or isinstance(value, bool | int | float):
        return value if not isinstance(value, int) or abs(value) < 2**63 else {"object": "int"}
    if isinstance(value, str):
        return value[:500]
    if isinstance(value, np.ndarray | np.generic):
        return encode_array(np.asarray(value))
    if depth > 5:
        return {"object": type(value).__name__}
    if isinstance(value, tuple | list):
        kind = "tuple" if isinstance(value, tuple) else "list"
        named = {"fields": list(value._fields), "type": type(value).__name__} if hasattr(value, "_fields") else {}
        return {kind: [encode(v, depth + 1) for v in value[:LARGEST]]} | named
    if isinstance(value, dict):
        return {"dict": [[encode(k, 5), encode(v, depth + 1)] for k, v in list(value.items())[:1000]]}
    if isinstance(value, type | types.FunctionType | types.ModuleType) or not hasattr(value, "__dict__"):
        return {"object": type(value).__name__}
    attributes = [[k, encode(v, depth + 1)] for k, v in list(vars(value).items())[:200]]
    return {"object": type(value).__name__, "attributes": attributes}


def encode_array(array: np.ndarray) -> Json:
    if array.dtype.kind not in "fiub" or array.size > LARGEST:
        return {"object": f"array of {array.dtype}, shape {array.shape}"}
    return {"array": array.ravel().tolist(), "shape": list(array.shape), "dtype": str(array.dtype)}


class Host:
    """One student's namespace, and what may be asked of it."""

    def __init__(self, namespace: dict[str, Any] | None = None, limit: float = 5.0) -> None:
        self.namespace: dict[str, Any] = namespace if namespace is not None else {}
        self.limit = limit
        self.filename = "<code>"

    def answer(self, request: Json) -> Json:
        return getattr(self, "do_" + request["do"])(request)

    # Loading

    def do_load(self, request: Json) -> Json:
        """Execute the file statement by statement; one that fails, or trains, does not stop the others."""
        self.filename = request["filename"]
        self.namespace = {"__name__": request["module"], "__file__": self.filename, "__builtins__": __builtins__}
        module = types.ModuleType(request["module"])
        module.__dict__.update(self.namespace)
        self.namespace = module.__dict__
        sys.modules[request["module"]] = module  # dataclasses and pickle look there
        np.random.seed(0)  # noqa: NPY002
        problems = []
        deadline = time.monotonic() + self.limit
        for statement in ast.parse(request["source"]).body:
            if not worth_running(statement, self.namespace):
                continue
            problem = self.execute(statement, max(0.2, min(1.0, deadline - time.monotonic())))
            if problem:
                problems.append(problem | {"statement": type(statement).__name__, "at": statement.lineno})
        return {"problems": problems, **self.do_names(request)}

    def execute(self, statement: ast.stmt, limit: float) -> Json:
        code = compile(ast.Module([statement], []), self.filename, "exec", ANNOTATIONS, dont_inherit=True)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return self.guarded(lambda: exec(code, self.namespace), limit)

    def do_extend(self, request: Json) -> Json:
        """Execute a text of ours beside theirs."""
        exec(compile(request["source"], "<composed>", "exec"), self.namespace)
        return {"problems": [], **self.do_names(request)}

    def do_names(self, request: Json) -> Json:
        """The functions and classes, with their signatures, and the plain values."""
        functions, classes, values = {}, {}, {}
        instances: dict[str, str] = {}
        for name, value in list(self.namespace.items()):
            if name.startswith("__") or isinstance(value, types.ModuleType):
                continue
            if isinstance(value, type):
                if value.__module__ == self.namespace.get("__name__"):
                    classes[name] = {
                        k: signature(v.__func__ if isinstance(v, staticmethod | classmethod) else v)
                        | {"static": isinstance(v, staticmethod)}
                        for base in reversed(value.__mro__[:-1])
                        for k, v in vars(base).items()
                        if callable(v) or isinstance(v, staticmethod | classmethod)
                    }
            elif isinstance(value, types.FunctionType):
                functions[name] = signature(value)
            elif type(value).__module__ == self.namespace.get("__name__"):
                instances[type(value).__name__] = name
            elif isinstance(value, np.ndarray | float | int | list | tuple | dict | str):
                values[name] = encode(value)
            elif callable(value) and not isinstance(value, types.BuiltinFunctionType):
                functions[name] = signature(value)
        return {"functions": functions, "classes": classes, "values": values, "instances": instances}

    # Running

    def do_run(self, request: Json) -> Json:
        """Run scripts, each a list of calls that may use the results of those before."""
        answers = []
        for script in request["scripts"]:
            answers.append(Script(self, script).run())
            if (answers[-1]["error"] or {}).get("type") in ("TimeLimitError", "MemoryError"):
                break  # the others would be no better
        return {"answers": answers}

    def guarded(self, action: Any, limit: float) -> Json:
        """Do it, and describe the exception that came of it, or None."""
        try:
            with alarm(limit):
                action()
        except BaseException as error:
            return self.describe(error)
        return None

    def describe(self, error: BaseException) -> Json:
        line, function, local = 0, "", {}
        frames = list(traceback.walk_tb(error.__traceback__))
        for frame, at in frames:
            if frame.f_code.co_filename == self.filename or frame.f_globals is self.namespace:
                line, function = at, frame.f_code.co_name
                local = {k: list(v.shape) for k, v in list(frame.f_locals.items()) if isinstance(v, np.ndarray)}
        if isinstance(error, SyntaxError) and error.lineno:
            line = error.lineno
        try:
            text = str(error)[:500]
        except BaseException:
            text = ""
        missing = error.name if isinstance(error, ImportError) else None
        return {
            "type": type(error).__name__,
            "message": text,
            "line": line,
            "function": function,
            "shapes": local,
            "missing": missing,
        }


class Script:
    """One run of several calls, from fresh copies of the values that came with it."""

    def __init__(self, host: Host, script: Json) -> None:
        self.host, self.operations, self.want = host, script["operations"], script["want"]
        self.watched = bool(script.get("watch"))  # whether it matters what a call changes or draws
        self.results: dict[str, Any] = {}
        self.sent: list[tuple[str, np.ndarray, np.ndarray]] = []  # label, the array, a copy of it

    def run(self) -> Json:
        error: Json = None
        mutated: list[list[str]] = []
        drew: list[str] = []
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for operation in self.operations:
                error = self.host.guarded(lambda operation=operation: self.do(operation, drew), self.host.limit)
                if self.watched:
                    mutated += [[operation.get("as", ""), name] for name in self.changed()]
                if error:
                    error["during"] = operation.get("as", "")
                    break
        return {
            "results": {name: encode(self.results[name]) for name in self.want if name in self.results},
            "error": error,
            "mutated": mutated,
            "drew": drew,
            "warnings": sorted({str(w.message)[:200] for w in caught if issubclass(w.category, RuntimeWarning)})[:5],
        }

    def do(self, operation: Json, drew: list[str]) -> None:
        kind = operation["do"]
        if kind == "seed":
            np.random.seed(operation["seed"])  # noqa: NPY002
            random.seed(operation["seed"])
        elif kind == "set":
            self.assign(operation["path"], self.decode(operation["value"]))
        elif kind == "get":
            self.results[operation["as"]] = self.decode(operation["value"])
        elif kind == "record":
            self.record(operation["f"], self.results.setdefault(operation["as"], []))
        elif kind == "call":
            before = random_state() if self.watched else None
            f = self.decode(operation["f"])
            args = [self.decode(a) for a in operation.get("args", [])]
            keywords = {k: self.decode(v) for k, v in operation.get("keywords", {}).items()}
            self.results[operation["as"]] = f(*args, **keywords)
            if before is not None and random_state() != before:
                drew.append(operation["as"])

    def record(self, target: Json, seen: list[Any]) -> None:
        """Keep the arguments of every call to a function of theirs."""
        f = self.decode(target)

        def recorded(*args: Any, **keywords: Any) -> Any:
            if len(seen) < 50:
                seen.append(copy.deepcopy([*args, *keywords.values()]))
            return f(*args, **keywords)

        path = target.get("path", [])
        self.assign([target.get("ref"), *path] if "ref" in target else [None, target["name"], *path], recorded)

    def decode(self, value: Json) -> Any:
        if not isinstance(value, dict):
            return value
        if "array" in value:
            array = np.array(value["array"], dtype=value["dtype"]).reshape(value["shape"])
            if "label" in value:
                self.sent.append((value["label"], array, array.copy()))
            return array
        if "type" in value:
            return self.host.namespace[value["type"]](*[self.decode(v) for v in value["tuple"]])
        if "tuple" in value:
            return tuple(self.decode(v) for v in value["tuple"])
        if "list" in value:
            return [self.decode(v) for v in value["list"]]
        if "dict" in value:
            return {k: self.decode(v) for k, v in value["dict"]}
        if "ref" in value:
            return follow(self.results[value["ref"]], value.get("path", []))
        if "name" in value:
            return follow(self.host.namespace[value["name"]], value.get("path", []))
        if "copy" in value:
            return copy.deepcopy(self.host.namespace[value["copy"]])
        if "rng" in value:
            return np.random.default_rng(value["rng"])
        raise ValueError(f"unknown value {sorted(value)}")

    def assign(self, path: list[Any], value: object) -> None:
        """Set results[path[0]][...]...[path[-1]], or a global where path[0] is None."""
        if path[0] is None:
            if len(path) == 2:
                self.host.namespace[path[1]] = value
                return
            owner = follow(self.host.namespace[path[1]], path[2:-1])
        else:
            owner = follow(self.results[path[0]], path[1:-1])
        if isinstance(owner, list | dict):
            owner[path[-1]] = value
        else:
            setattr(owner, path[-1], value)

    def changed(self) -> Iterator[str]:
        for i, (label, array, before) in enumerate(self.sent):
            if not array_equal(array, before, equal_nan=array.dtype.kind == "f"):
                self.sent[i] = (label, array, array.copy())
                yield label


def follow(value: Any, path: list[Any]) -> Any:
    for key in path:
        if isinstance(value, tuple | list):
            value = value[int(key)]
        elif isinstance(value, dict):
            value = value[key]
        else:
            value = getattr(value, key)
    return value


def random_state() -> tuple[bytes, int]:
    """Of NumPy's global generator."""
    state: Any = get_state()
    return state[1].tobytes(), int(state[2])


def signature(f: Any) -> dict[str, Any]:
    """[name, kind, has a default] of each argument, and the line of the definition."""
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return {"args": [], "line": 0}
    args = [
        [p.name, p.kind.name, p.default is not p.empty, encode(p.default, 4) if p.default is not p.empty else None]
        for p in parameters
    ]
    code = getattr(inspect.unwrap(f), "__code__", None)
    return {"args": args, "line": code.co_firstlineno if code else 0}


def worth_running(statement: ast.stmt, namespace: dict[str, Any]) -> bool:
    """Whether a top-level statement defines something. Loops, prints and training are not what is checked."""
    if isinstance(statement, ast.For | ast.While | ast.AsyncFor):
        return False
    if not isinstance(statement, ast.Expr):
        return True
    call = statement.value
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return False
    root: ast.expr = call.func
    while isinstance(root, ast.Attribute):
        root = root.value
    return isinstance(root, ast.Name) and isinstance(namespace.get(root.id), types.ModuleType)


class alarm:
    """Raises TimeLimitError in the code of the `with` block once it has computed for so many seconds."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def __enter__(self) -> None:
        if hasattr(signal, "setitimer"):
            try:
                signal.signal(signal.SIGPROF, ring)
                signal.setitimer(signal.ITIMER_PROF, self.seconds, 0.2)  # again, should they catch it
            except ValueError:
                self.seconds = 0  # not in the main thread

    def __exit__(self, *_: object) -> None:
        if hasattr(signal, "setitimer") and self.seconds:
            signal.setitimer(signal.ITIMER_PROF, 0)


def ring(signum: int, frame: object) -> None:
    raise TimeLimitError("the time limit")


# The process around it


class Bounded:
    """A text stream that keeps the beginning of what is printed and lets the rest go."""

    encoding, errors, newlines = "utf-8", "replace", None

    def __init__(self, descriptor: int, room: int = 20_000) -> None:
        self.descriptor, self.room = descriptor, room

    def write(self, text: str) -> int:
        data = str(text).encode("utf-8", "replace")[: self.room]
        self.room -= len(data)
        if data:
            os.write(self.descriptor, data)
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None: ...
    def isatty(self) -> bool:
        return False

    def fileno(self) -> int:
        return self.descriptor


class Stub(types.ModuleType):
    """Stands for a plotting package: accepts everything, does nothing."""

    def __init__(self, name: str = "stub") -> None:
        super().__init__(name)
        self.__path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Stub(name)

    def __call__(self, *args: object, **keywords: object) -> "Stub":
        return Stub()

    def __iter__(self) -> Iterator["Stub"]:
        return iter((Stub(), Stub()))

    def __enter__(self) -> "Stub":
        return self

    def __exit__(self, *_: object) -> None: ...


class StubFinder:
    """Imports a `Stub` for every plotting package."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        loader: Any = self
        return ModuleSpec(name, loader, is_package=True) if name.split(".")[0] in PLOTTING else None

    def create_module(self, spec: ModuleSpec) -> types.ModuleType:
        return Stub(spec.name)

    def exec_module(self, module: types.ModuleType) -> None: ...


FORBIDDEN = (
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system", "os.exec", "os.startfile", "subprocess.Popen",
    "pty.spawn", "socket.connect", "socket.bind", "socket.sendto", "os.kill", "os.killpg", "ctypes.",
    "signal.pthread_kill", "os.chown", "shutil.rmtree", "urllib.Request", "syslog.",
    "resource.setrlimit", "resource.prlimit", "os.putenv",
)  # fmt: skip
CHANGES_FILES = ("os.remove", "os.rename", "os.rmdir", "os.truncate", "os.mkdir", "os.link", "os.symlink", "os.chmod")


def watch(folder: str) -> None:
    """Refuse other processes, the network, and changes of files outside the folder; for good."""
    inside = os.path.realpath(folder) + os.sep
    writing = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
    realpath, startswith = os.path.realpath, str.startswith  # theirs may be changed later

    def hook(event: str, args: tuple[Any, ...]) -> None:
        if startswith(event, FORBIDDEN):
            raise PermissionError(f"{event} is not allowed while code is checked")
        if startswith(event, CHANGES_FILES) or (
            event == "open" and isinstance(args[2], int) and args[2] & writing and isinstance(args[0], str | bytes)
        ):
            path = realpath(os.fsdecode(args[0])) if isinstance(args[0], str | bytes) else ""
            if not startswith(path, inside) and path != os.devnull:
                raise PermissionError(f"writing {path or 'files'} is not allowed while code is checked")

    sys.addaudithook(hook)


def limit_resources(seconds: float, megabytes: int) -> None:
    try:
        import resource
    except ImportError:  # not POSIX: the time limit of `sandbox` remains
        return
    memory = megabytes * 2**20
    limits = {
        "RLIMIT_AS": memory,
        "RLIMIT_DATA": memory,
        "RLIMIT_CPU": int(seconds) + 2,
        "RLIMIT_FSIZE": 16 * 2**20,
        "RLIMIT_CORE": 0,
        "RLIMIT_NOFILE": 128,
    }
    for name, value in limits.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):
            continue  # lower already, or not known here


def serve(control: socket.socket) -> None:
    """Fork a process for each file that is asked for: cheaper than a new interpreter, and as much on its own."""
    while message := socket.recv_fds(control, 65536, 3):
        text, descriptors = message[:2]
        if not text:
            return
        request = json.loads(text)
        if "reap" in request:
            pid, status = os.waitpid(request["reap"], os.WNOHANG)
            control.sendall(json.dumps(os.waitstatus_to_exitcode(status) if pid else None).encode() + b"\n")
            continue
        pid = os.fork()
        if not pid:
            os.setsid()
            for i, descriptor in enumerate(descriptors):
                os.dup2(descriptor, i)
            control.detach()
            os.closerange(3, 1024)  # nothing of the parent's is left open
            os.chdir(request["home"])
            os.environ["HOME"] = request["home"]
            answer_requests(request)
            os._exit(0)
        for descriptor in descriptors:
            os.close(descriptor)
        control.sendall(json.dumps(pid).encode() + b"\n")


def main() -> None:
    if sys.argv[1] == "--serve":
        serve(socket.socket(fileno=os.dup(0)))
    else:
        answer_requests(json.loads(sys.argv[1]))


def answer_requests(options: Json) -> None:
    requests, answers = os.fdopen(os.dup(0), "rb"), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    sys.stdin = open(os.devnull)  # noqa: SIM115, PTH123
    printed: Any = Bounded(2)
    sys.stdout = sys.stderr = printed
    sys.argv = [options["filename"]]
    sys.path[0] = options["folder"]  # a second file of theirs is found there
    finder: Any = StubFinder()
    sys.meta_path.insert(0, finder)
    limit_resources(options["seconds"], options["megabytes"])
    watch(os.getcwd())  # noqa: PTH109
    dumps, loads, write = json.dumps, json.loads, os.write  # theirs may be changed later
    host = Host(limit=options["call_seconds"])
    for line in requests:
        try:
            answer = host.answer(loads(line))
        except BaseException as error:
            answer = {"failed": host.describe(error)}
        data = dumps(answer).encode() + b"\n"
        while data:
            data = data[write(answers, data) :]


if __name__ == "__main__":
    main()
