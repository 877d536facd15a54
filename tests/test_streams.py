"""The command, as a program with whatever streams and interpreter it is given: no traceback, and an exit code as documented."""

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

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


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "utf-8", "utf-16"])
def test_an_output_that_cannot_write_every_name_shows_the_rest(tmp_path, encoding):
    folder = tmp_path / "身長"
    folder.mkdir()
    (folder / "fleurs ✓.csv").write_text(CSV, "utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    done = run([*TRAIN, "--data", "fleurs ✓.csv"], cwd=folder, env=environment)
    assert (done.returncode, quiet(done)) == (0, True)
    assert b"test accuracy" in done.stdout.replace(b"\0", b"")
    assert {p.name for p in folder.glob("*.png")} == {"decision_boundary.png", "loss_curve.png"}
    done = run([*TRAIN, "--data", "✗.csv"], cwd=folder, env=environment)
    assert (done.returncode, quiet(done)) == (2, True)


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


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["train", "--help"], ["train", "--samples", "100"]])
def test_a_reader_that_has_had_enough(tmp_path, arguments):
    script = '"$@"; echo $? >&2'
    done = run(["sh", "-c", f"({script}) | true", "sh", sys.executable, "-m", "twolayer", *arguments], cwd=tmp_path)
    assert quiet(done)
    assert done.stderr.split()[-1] in (b"141", b"0")  # 0 if the pipe took it all before it was closed
