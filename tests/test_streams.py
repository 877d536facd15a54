"""The command with whatever streams and interpreter it is given: no traceback, and the exit code that is documented."""

import os
import resource
import signal
import subprocess
import sys

import pytest

TRAIN = [sys.executable, "-m", "twolayer", "train", "--samples", "100", "--epochs", "20"]
CSV = "longueur,espèce\n" + "\n".join(f"{i},{'✓' if i % 11 > 5 else 'où'}" for i in range(44))


def run(command, **options):
    return subprocess.run(command, capture_output=True, timeout=120, stdin=subprocess.DEVNULL, **options)


def quiet(done):
    """Nothing that only a programmer can read."""
    for word in (b"Traceback", b"Exception ignored", b"Error:"):
        assert word not in done.stderr, done.stderr.decode()
    return True


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_an_output_that_cannot_write_every_name_shows_the_rest(tmp_path, encoding):
    folder = tmp_path / "身長"
    folder.mkdir()
    (folder / "fleurs ✓.csv").write_text(CSV, "utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run([*TRAIN, "--data", "fleurs ✓.csv"], cwd=folder, env=environment)
    assert (done.returncode, quiet(done)) == (0, True)
    assert b"test accuracy" in done.stdout
    assert {p.name for p in folder.glob("*.png")} == {"decision_boundary.png", "loss_curve.png"}


CLOSED = {
    "stdout": ([">&-"], 0),
    "stderr": (["2>&-"], 0),
    "both": ([">&-", "2>&-"], 0),
    "stdin": (["<&-"], 0),
    "a full disk": ([">/dev/full"], 2),
}


@pytest.mark.parametrize("redirections, code", CLOSED.values(), ids=CLOSED)
def test_a_stream_that_is_closed_or_full(tmp_path, redirections, code):
    done = run(["sh", "-c", f'"$@" {" ".join(redirections)}', "sh", *TRAIN], cwd=tmp_path)
    assert (done.returncode, quiet(done)) == (code, True)
    if code == 0:
        assert (tmp_path / "loss_curve.png").exists()
    else:
        assert done.stderr.decode() == "twolayer: the output: No space left on device\n"


def test_a_disk_that_is_full_leaves_the_old_pictures(tmp_path):
    old = dict.fromkeys(("decision_boundary.png", "loss_curve.png"), b"an older picture")
    for name, content in old.items():
        (tmp_path / name).write_bytes(content)
    full = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))  # noqa: E731  # no file grows beyond that
    done = run(TRAIN, cwd=tmp_path, preexec_fn=full, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    assert (done.returncode, quiet(done)) == (2, True)
    assert done.stderr.decode().splitlines()[-1] == "twolayer: decision_boundary.png: File too large"
    assert {p.name: p.read_bytes() for p in tmp_path.iterdir()} == old


@pytest.mark.parametrize("arguments", [["--lr", "-1"], ["--data", "nowhere.csv"], ["--nonsense"]])
def test_a_mistake_is_one_though_nobody_is_told(tmp_path, arguments):
    done = run(["sh", "-c", '"$@" >&- 2>&-', "sh", *TRAIN, *arguments], cwd=tmp_path)
    assert done.returncode == 2


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["train", "--samples", "100"]])
def test_a_reader_that_has_had_enough(tmp_path, arguments):
    script = '"$@"; echo $? >&2'
    done = run(["sh", "-c", f"({script}) | true", "sh", sys.executable, "-m", "twolayer", *arguments], cwd=tmp_path)
    assert quiet(done)
    assert done.stderr.split()[-1] in (b"141", b"0")  # 0 if the pipe took it all before it was closed


def interrupted(command, folder, *after):
    """The command's end, with Ctrl-C after a line of its output that begins with each of these."""
    heard = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  # a shell's background jobs ignore it
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=folder, preexec_fn=heard, **pipes) as running:
        lines = []
        for start in after:
            lines += [next(line for line in running.stdout if line.startswith(start))]
            running.send_signal(signal.SIGINT)
        output, errors = running.communicate(timeout=120)
    return subprocess.CompletedProcess(command, running.returncode, b"".join(lines) + output, errors)


LONG = [sys.executable, "-u", "-m", "twolayer", "train", "--samples", "100", "--epochs", "10000000"]


def test_ctrl_c_goes_on_to_the_last_picture(tmp_path):
    done = interrupted(LONG, tmp_path, b"epoch")
    assert (done.returncode, quiet(done)) == (0, True)
    assert b"what was reached is kept" in done.stdout
    assert b"gradient check" in done.stdout
    assert (tmp_path / "loss_curve.png").exists()


def test_a_second_ctrl_c_ends_it(tmp_path):
    done = interrupted(LONG, tmp_path, b"epoch", b"interrupted")
    assert (done.returncode, quiet(done)) == (130, True)


INTERPRETERS = {
    "-O": ["-O"],
    "-OO": ["-OO"],
    "-I": ["-I"],  # without user folder and environment variables
    "-W error": ["-W", "error"],
}


@pytest.mark.parametrize("flags", INTERPRETERS.values(), ids=INTERPRETERS)
def test_interpreters_as_people_run_them(tmp_path, flags):
    done = run([sys.executable, *flags, *TRAIN[1:]], cwd=tmp_path)
    assert (done.returncode, quiet(done)) == (0, True)
    assert (tmp_path / "decision_boundary.png").exists()
    done = run([sys.executable, *flags, "-m", "twolayer", "train", "--help"], cwd=tmp_path)
    assert done.returncode == 0
    assert b"--hidden-size" in done.stdout


def test_no_home_and_nothing_that_can_be_written_but_the_output(tmp_path):
    gone = {"HOME": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent", "PYTHONDONTWRITEBYTECODE": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HOME", "MPL", "XDG"))}
    done = run([*TRAIN, "--output", str(tmp_path / "pictures")], cwd="/", env={**kept, **gone})
    assert (done.returncode, quiet(done)) == (0, True)
    assert (tmp_path / "pictures" / "loss_curve.png").exists()


def test_a_folder_that_cannot_be_written_is_named_before_the_training(tmp_path):
    (tmp_path / "file").write_text("")
    done = run([*TRAIN, "--output", "file/pictures"], cwd=tmp_path)
    assert (done.returncode, quiet(done), done.stdout) == (2, True, b"")
    assert done.stderr.decode() == "twolayer: file/pictures: Not a directory\n"
