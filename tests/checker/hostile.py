"""Files that try to hang, crash, flood or cheat; each with what must be said of it."""

WRONG_NET = """
import numpy as np
def forward(X, params):
    W1, b1, W2, b2 = params
    A1 = np.maximum(X @ W1 + b1, 0)
    return A1 @ W2 + b2, (X, A1)
def bce(Z, y):
    return float(np.mean(np.maximum(Z, 0) - Z * y + np.log1p(np.exp(-np.abs(Z)))))
def backward(dZ2, cache, params):
    X, A1 = cache
    W1, b1, W2, b2 = params
    dZ1 = dZ2 @ W2.T
    return X.T @ dZ1, dZ1.sum(0), A1.T @ dZ2, dZ2.sum(0)
"""
GOOD = '{"answers": [{"results": {}, "error": null, "mutated": [], "drew": [], "warnings": []}]}'


def inside(body: str) -> str:
    """The network with these lines at the beginning of its forward pass."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    return WRONG_NET.replace("    W1, b1, W2, b2 = params\n    A1", f"{lines}    W1, b1, W2, b2 = params\n    A1", 1)


# name: (text, exit code, a part of what is said)
HOSTILE = {
    "endless_loop": (inside("while True: pass"), 2, "still running"),
    "endless_loop_catching": (
        inside("while True:\n    try:\n        while True: pass\n    except BaseException: pass"),
        2,
        "still running",
    ),
    "endless_at_import": ("x = [i for i in iter(int, 1)]\n" + WRONG_NET, 1, "gate"),
    "exits": (inside("import sys; sys.exit(0)"), 2, "sys.exit"),
    "exits_at_import": ("import sys\nsys.exit(0)\n" + WRONG_NET, 1, "gate"),
    "exits_hard": (inside("import os; os._exit(0)"), 2, "ended the Python process"),
    "kills_itself": (inside("import os; os.kill(os.getpid(), 9)"), 2, "not allowed"),
    "forks": (inside("import os\nwhile True: os.fork()"), 2, "not allowed"),
    "spawns": (inside("import subprocess; subprocess.run(['true'])"), 2, "not allowed"),
    "threads": (
        inside("import threading\nwhile True: threading.Thread(target=lambda: __import__('time').sleep(60)).start()"),
        2,
        "",
    ),
    "prints_for_ever": (inside("while True: print('x' * 1000)"), 2, "still running"),
    "prints_a_verdict": (inside(f"print({GOOD!r})"), 1, "gate"),
    "writes_to_every_pipe": (
        inside(f"import os\nfor d in range(3, 30):\n    try: os.write(d, {GOOD.encode()!r})\n    except OSError: pass"),
        2,
        "",
    ),
    "deletes_stdout": (inside("import sys; sys.stdout = None; sys.stderr = None"), 1, "gate"),
    "closes_everything": (inside("import os; os.closerange(0, 100)"), 2, ""),
    "allocates": (inside("x = np.ones((200, 1000, 1000, 10))"), 2, "MemoryError"),
    "allocates_slowly": (inside("x = []\nwhile True: x.append(np.empty(10_000_000))"), 2, "Memory"),
    "reads_input": (inside("name = input('name? ')"), 2, "input"),
    "patches_numpy": (
        inside("np.allclose = lambda *a, **k: True; np.abs = lambda x: x * 0; np.array_equal = lambda *a: True"),
        1,
        "",
    ),
    "patches_json": (
        inside(f"import json; json.dumps = lambda *a, **k: {GOOD!r}; json.loads = lambda s: None"),
        1,
        "gate",
    ),
    "recursion": (inside("return forward(X, params)"), 2, "RecursionError"),
    "network": (inside("import socket; socket.create_connection(('127.0.0.1', 9))"), 2, "not allowed"),
    "writes_a_file": (inside("open('/tmp/twolayer-check-hostile', 'w').write('x')"), 2, "not allowed"),
    "deletes_files": (inside("import shutil; shutil.rmtree('/tmp/twolayer-check-none')"), 2, ""),
    "not_python": ("def forward(X, params:\n    return", 2, "not Python"),
    "binary": ("\x00\x01\x02", 2, "not Python"),
    "empty": ("", 2, "no function"),
    "missing_package": (
        "import nosuchpackage\nforward = nosuchpackage.forward\nbackward = nosuchpackage.backward\n",
        2,
        "nosuchpackage",
    ),
    "raises": (inside("raise KeyError('W9')"), 2, "KeyError"),
    "colours_the_terminal": (inside("raise KeyError('\\x1b[2J')"), 2, "KeyError"),
    "deep": ("x = " + "(" * 5000 + ")" * 5000, 2, "not Python"),
}
