"""A search over a cluster: a real scheduler and two workers, as processes of their own, give what one process gives.

The test of docs/scaling.md, with a worker that is killed in the middle.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager

import joblib
import numpy as np
import pytest
from distributed import Client
from sklearn.datasets import make_circles
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from twolayer import TwoLayerNN

X, Y = make_circles(400, noise=0.2, factor=0.5, random_state=0)
MODEL = make_pipeline(StandardScaler(), TwoLayerNN(epochs=250, dropout=0.1, random_state=0))
KEEP_COPIES = {"DASK_DISTRIBUTED__SCHEDULER__ACTIVE_MEMORY_MANAGER__START": "False"}  # else all but one are dropped
FOLDS = list(StratifiedKFold(3).split(X, Y))
DATA = [X, Y, *(rows for fold in FOLDS for rows in fold)]  # sent to all workers: what only one has dies with it
GRID = {"twolayernn__hidden_size": [4, 8, 16, 32], "twolayernn__lr": [0.05, 0.1, 0.2, 0.5, 1.0]}


def search():
    """20 settings in 3 folds: 60 fits."""
    return GridSearchCV(MODEL, GRID, cv=FOLDS, refit=False)


def scores(found):
    return np.array([found.cv_results_[f"split{i}_test_score"] for i in range(3)])


@pytest.fixture(scope="module")
def alone():
    return scores(search().fit(X, Y))


@contextmanager
def process(program, *options):
    """A `dask` command on loopback, ended with the test."""
    command = [sys.executable, "-m", "dask", program, "--no-dashboard", *options]
    running = subprocess.Popen(
        command,
        env={**os.environ, **KEEP_COPIES, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield running
    finally:
        running.terminate()
        running.wait(20)


@pytest.fixture
def cluster(tmp_path):
    """A client of a scheduler, and the processes of its two workers."""
    file = str(tmp_path / "scheduler.json")
    with ExitStack() as stack:
        stack.enter_context(process("scheduler", "--host", "127.0.0.1", "--port", "0", "--scheduler-file", file))
        options = ("--scheduler-file", file, "--host", "127.0.0.1", "--nthreads", "1", "--no-nanny")
        workers = [stack.enter_context(process("worker", *options)) for _ in range(2)]
        deadline = time.monotonic() + 60
        while not os.path.exists(file) and time.monotonic() < deadline:  # noqa: PTH110
            time.sleep(0.05)
        client = stack.enter_context(Client(scheduler_file=file, set_as_default=True))
        client.wait_for_workers(2, timeout=60)
        yield client, workers


@pytest.mark.parametrize("killed", [False, True], ids=["both", "one killed"])
def test_sixty_fits_over_two_workers_are_those_of_one_process(alone, cluster, killed):
    client, workers = cluster
    done_at_kill = []

    def done():
        """How many tasks have been finished so far."""
        return client.run_on_scheduler(
            lambda dask_scheduler: sum(
                prefix.state_counts["memory"] for prefix in dask_scheduler.task_prefixes.values()
            )
        )

    def kill():
        while done() < 10:
            time.sleep(0.01)
        workers[0].send_signal(signal.SIGKILL)
        workers[0].wait()
        done_at_kill.append(done())

    assert len(set(client.run(os.getpid).values()) | {os.getpid()}) == 3
    killer = threading.Thread(target=kill, daemon=True)
    with joblib.parallel_config(backend="dask", scatter=DATA):
        if killed:
            killer.start()
        found = search().fit(X, Y)
    np.testing.assert_array_equal(scores(found), alone)
    assert 3 * len(found.cv_results_["params"]) == 60
    if killed:
        assert 10 <= done_at_kill[0] < done()  # in the middle
        assert len(client.run(os.getpid)) == 1
        assert workers[0].returncode == -signal.SIGKILL
