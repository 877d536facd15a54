"""Files that try to hang, crash, flood, delete or cheat; each with its exit code and a part of what must be said."""

SCRIPT = """
import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(20, 3))
y = (X[:, :1] > 0).astype(float)
W1, b1 = rng.normal(size=(3, 4)), np.zeros(4)
W2, b2 = rng.normal(size=(4, 1)), np.zeros(1)
for epoch in range(1000):
    {inside}
    Z1 = X @ W1 + b1
    A1 = np.maximum(Z1, 0)
    A2 = 1 / (1 + np.exp(-(A1 @ W2 + b2)))
    loss = -np.mean(y * np.log(A2) + (1 - y) * np.log(1 - A2))
    dZ2 = (A2 - y) / len(X)
    dW2, db2 = A1.T @ dZ2, dZ2.sum(axis=0)
    dA1 = dZ2 @ W2.T
    dZ1 = dA1{gate}
    dW1, db1 = X.T @ dZ1, dZ1.sum(axis=0)
    W1, b1 = W1 - 0.1 * dW1, b1 - 0.1 * db1
    W2, b2 = W2 - 0.1 * dW2, b2 - 0.1 * db2
"""
RIGHT_NET = SCRIPT.format(inside="pass", gate=" * (Z1 > 0)")
WRONG_NET = SCRIPT.format(inside="pass", gate="")
VERDICT = '{"file": "x", "verdict": "right", "exit_code": 0, "findings": []}'


def inside(line: str) -> str:
    """The wrong network with a line at the beginning of every epoch."""
    return SCRIPT.format(inside=line, gate="")


# name: (text, exit code, a part of what is said)
HOSTILE = {
    "endless_catching": (
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n", 2, "did not end within",
    ),
    "exits": ("import sys; sys.exit(3)\n" + WRONG_NET, 2, "sys.exit"),
    "exits_hard": ("import os; os._exit(0)\n" + WRONG_NET, 2, "ended the Python process"),
    "kills_itself": ("import os; os.kill(os.getpid(), 9)\n", 2, "not allowed"),
    "forks": ("import os\nwhile True: os.fork()\n", 2, "not allowed"),
    "spawns": ("import subprocess; subprocess.run(['true'])\n", 2, "not allowed"),
    "threads": (
        "import threading, time\nwhile True: threading.Thread(target=lambda: time.sleep(60)).start()\n", 2, "threads",
    ),
    "prints_for_ever": (inside("print('x' * 1000)"), 1, "W1"),
    "prints_a_verdict": (inside(f"print({VERDICT!r})"), 1, "W1"),
    "deletes_stdout": (inside("import sys; sys.stdout = None; sys.stderr = None"), 1, "W1"),
    "closes_everything": (inside("import os; os.closerange(0, 100)"), 2, ""),
    "allocates": (inside("x = np.ones((200, 1000, 1000, 10))"), 2, "Memory"),
    "patches_numpy": (inside("np.allclose = lambda *a, **k: True; np.abs = lambda x: x * 0"), 1, "W1"),
    "patches_json": (inside(f"import json; json.dumps = lambda *a, **k: {VERDICT!r}"), 1, "W1"),
    "recursion": ("def f(): return f()\nf()\n", 2, "RecursionError"),
    "network": ("import socket; socket.create_connection(('127.0.0.1', 9))\n", 2, "not allowed"),
    "writes_elsewhere": ("open('/tmp/twolayer-check-hostile', 'w').write('x')\n", 2, "not allowed"),
    "writes_here": (inside("open('log.txt', 'a').write('x')"), 1, "W1"),
    "deletes_elsewhere": ("import shutil; shutil.rmtree('/tmp/twolayer-check-none')\n", 2, "not allowed"),
    "reads_input": (inside("name = input('name? ')"), 1, "W1"),
    "not_python": ("def forward(X, params:\n    return", 2, "not Python"),
    "binary": ("\x00\x01\x02", 2, "not Python"),
    "empty": ("", 2, "no parameters were found"),
    "raises": ("raise KeyError('W9')\n", 2, "KeyError"),
    "colors_the_terminal": ("raise KeyError('\\x1b[2J')\n", 2, "KeyError"),
    "deep": ("x = " + "(" * 5000 + ")" * 5000, 2, "not Python"),
}  # fmt: skip
ENDLESS = {"endless_catching", "threads"}  # as long as they are let
