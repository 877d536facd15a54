"""The command with whatever streams and interpreter it is given: no traceback, and the exit code that is documented.

Python itself starts with each kind of stream once; the other commands are forked from a process that has loaded what
`twolayer train` loads.
"""

import os
import resource
import signal
import stat
import subprocess
import sys
from multiprocessing import get_context
from types import SimpleNamespace

import pytest

from twolayer.cli import main

TRAIN = ["train", "--samples", "100", "--epochs", "20"]
HELP = ["train", "--help"]
CSV = "longueur,espèce\n" + "\n".join(f"{i},{'✓' if i % 11 > 5 else 'où'}" for i in range(44))
PICTURES = {"decision_boundary.png", "loss_curve.png"}
FULL, CLOSED, NOTHING = "/dev/full", "", "/dev/null"
LOADED = get_context("forkserver")
LOADED.set_forkserver_preload(["twolayer.plots"])


def quiet(errors):
    """Nothing that only a programmer can read."""
    for word in (b"Traceback", b"Exception ignored", b"Error:"):
        assert word not in errors, errors.decode()
    return True


def child(arguments, folder, paths, encoding, most):
    """Open the streams as Python does when it starts, and be the command."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
    os.chdir(folder)
    streams = []
    for number, path in enumerate(paths):
        if path == CLOSED:
            os.close(number)
            streams.append(None)
        else:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT if number else os.O_RDONLY)
            os.dup2(opened, number)
            os.close(opened)
            lines = number == 2 or stat.S_ISFIFO(os.fstat(number).st_mode)  # a pipe as with python -u
            streams.append(open(number, "w" if number else "r", 1 if lines else -1, encoding, closefd=False))  # noqa: SIM115
    sys.stdin, sys.stdout, sys.stderr = streams
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))  # no file grows beyond that
    sys.exit(main(arguments))


@pytest.fixture
def begin(tmp_path_factory):
    """Start a command in a folder; returns its process, and the paths of what it writes to stdout and stderr."""
    streams, processes = tmp_path_factory.mktemp("streams"), []

    def begin(folder, *arguments, stdin=NOTHING, out=None, err=None, encoding="utf-8", most=resource.RLIM_INFINITY):
        paths = stdin, *(str(streams / name) if to is None else to for name, to in (("out", out), ("err", err)))
        process = LOADED.Process(target=child, args=(arguments, folder, paths, encoding, most))
        process.start()
        processes.append(process)
        return process, streams / "out", streams / "err"

    yield begin
    for process in processes:
        process.kill()


@pytest.fixture
def run(begin):
    """The end of a command: its code, and what it wrote."""

    def run(*arguments, **options):
        process, out, err = begin(*arguments, **options)
        process.join(120)
        written = (path.read_bytes() if path.exists() else b"" for path in (out, err))
        return SimpleNamespace(code=process.exitcode, **dict(zip(("out", "err"), written, strict=True)))

    return run


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_an_output_that_cannot_write_every_name_shows_the_rest(tmp_path, run, encoding):
    folder = tmp_path / "身長"
    folder.mkdir()
    (folder / "fleurs ✓.csv").write_text(CSV, "utf-8")
    done = run(folder, *TRAIN, "--data", "fleurs ✓.csv", encoding=encoding)
    assert (done.code, quiet(done.err)) == (0, True)
    assert b"test accuracy" in done.out
    assert {p.name for p in folder.glob("*.png")} == PICTURES


STREAMS = {
    "stdout": ({"out": CLOSED}, 0),
    "stderr": ({"err": CLOSED}, 0),
    "both": ({"out": CLOSED, "err": CLOSED}, 0),
    "stdin": ({"stdin": CLOSED}, 0),
    "a full disk": ({"out": FULL}, 2),
}


@pytest.mark.parametrize("streams, code", STREAMS.values(), ids=STREAMS)
def test_a_stream_that_is_closed_or_full(tmp_path, run, streams, code):
    done = run(tmp_path, *TRAIN, **streams)
    assert (done.code, quiet(done.err)) == (code, True)
    if code == 0:
        assert (tmp_path / "loss_curve.png").exists()
    else:
        assert done.err.decode() == "twolayer: the output: No space left on device\n"


@pytest.mark.parametrize(
    ("redirections", "arguments"),
    [(">&-", ["--help"]), ("2>&-", ["--help"]), ("<&-", ["--help"]), ("<&- >&- 2>&-", HELP)],  # which loads SciPy
)
def test_python_starts_with_such_streams(redirections, arguments):
    command = ["sh", "-c", f'"$@" {redirections}', "sh", sys.executable, "-m", "twolayer", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120)
    assert (done.returncode, quiet(done.stderr)) == (0, True)


def test_a_disk_that_is_full_leaves_the_old_pictures(tmp_path, run):
    old = dict.fromkeys(PICTURES, b"an older picture")
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    done = run(tmp_path, *TRAIN, most=4096)
    assert (done.code, quiet(done.err)) == (2, True)
    assert done.err.decode().splitlines()[-1] == "twolayer: decision_boundary.png: File too large"
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old


@pytest.mark.parametrize("arguments", [["--lr", "-1"], ["--data", "nowhere.csv"], ["--nonsense"]])
def test_a_mistake_is_one_though_nobody_is_told(tmp_path, run, arguments):
    assert run(tmp_path, *TRAIN, *arguments, out=CLOSED, err=CLOSED).code == 2


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_a_reader_that_has_had_enough(arguments):
    script = '"$@"; echo $? >&2'
    command = ["sh", "-c", f"({script}) | true", "sh", sys.executable, "-m", "twolayer", *arguments]
    done = subprocess.run(command, capture_output=True, timeout=120, stdin=subprocess.DEVNULL)
    assert quiet(done.stderr)
    assert done.stderr.split()[-1] in (b"141", b"0")  # 0 if the pipe took it all before it was closed


@pytest.mark.parametrize(("arguments", "lines", "codes"), [(TRAIN, 1, {141}), (TRAIN, 0, {141}), (HELP, 0, {0, 141})])
def test_a_reader_that_stops_early_gets_no_traceback(tmp_path, begin, arguments, lines, codes):
    os.mkfifo(tmp_path / "pipe")
    process, _, err = begin(tmp_path, *arguments, out="pipe")
    with (tmp_path / "pipe").open("rb") as reader:
        for _ in range(lines):
            assert reader.readline().startswith(b"circles: 75 training samples")
    process.join(120)
    assert process.exitcode in codes  # argparse does not say that nobody reads its help
    assert err.read_bytes() == b""


@pytest.fixture
def interrupted(tmp_path, begin):
    """The command's end, with Ctrl-C after a line of its output that begins with each of these."""

    def interrupted(*after):
        os.mkfifo(tmp_path / "pipe")
        process, _, err = begin(tmp_path, "train", "--samples", "100", "--epochs", "10000000", out="pipe")
        with (tmp_path / "pipe").open("rb") as output:
            for start in after:
                assert any(line.startswith(start) for line in output)
                os.kill(process.pid, signal.SIGINT)
            rest = output.read()
        process.join(120)
        return SimpleNamespace(code=process.exitcode, out=rest, err=err.read_bytes())

    return interrupted


def test_ctrl_c_goes_on_to_the_last_picture(tmp_path, interrupted):
    done = interrupted(b"epoch")
    assert (done.code, quiet(done.err)) == (0, True)
    assert b"what was reached is kept" in done.out
    assert b"gradient check" in done.out
    assert (tmp_path / "loss_curve.png").exists()


def test_a_second_ctrl_c_ends_it(interrupted):
    done = interrupted(b"epoch", b"interrupted")
    assert (done.code, quiet(done.err)) == (130, True)


GONE = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
INTERPRETERS = {  # flags and environment; two or three at a time, as each of them must change nothing
    "optimized and without user folder": (["-OO", "-I"], {}),
    "strict, in ASCII, and nothing that can be written but the output": (
        ["-W", "error"], {**GONE, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("flags, environment", INTERPRETERS.values(), ids=INTERPRETERS)
def test_interpreters_as_people_run_them(tmp_path, flags, environment):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOME", "MPL", "XDG"))}
    (tmp_path / "fleurs ✓.csv").write_text(CSV, "utf-8")
    options = ["--data", str(tmp_path / "fleurs ✓.csv"), "--output", str(tmp_path / "pictures")]
    commands = [[*TRAIN, *options], HELP]
    code = f"from twolayer.cli import main\nprint(main({commands[0]}))\nmain({commands[1]})"
    done = subprocess.run(
        [sys.executable, *flags, "-c", code], capture_output=True, cwd="/", env=kept | environment, timeout=120
    )
    assert (done.returncode, quiet(done.stderr)) == (0, True)
    trained, _, shown = done.stdout.partition(b"\n0\n")
    assert b"test accuracy" in trained and b"--hidden-size" in shown
    assert {p.name for p in (tmp_path / "pictures").iterdir()} == PICTURES


def test_a_folder_that_cannot_be_written_is_named_before_the_training(tmp_path, run):
    (tmp_path / "file").write_text("")
    done = run(tmp_path, *TRAIN, "--output", "file/pictures")
    assert (done.code, quiet(done.err), done.out) == (2, True, b"")
    assert done.err.decode() == "twolayer: file/pictures: Not a directory\n"
