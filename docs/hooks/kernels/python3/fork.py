"""Forks kernels from a process that has imported what notebooks import, which takes each of them 1.5 s otherwise.

Reads lines, each the JSON of a folder and of a kernel's arguments, and answers each with the number of the new process.
"""

import json
import os
import signal
import sys

import matplotlib.pyplot  # noqa: F401
import sklearn.datasets
import sklearn.model_selection  # noqa: F401
from ipykernel import kernelapp
from IPython.core import application

application.SYSTEM_CONFIG_DIRS.clear()
application.ENV_CONFIG_DIRS.clear()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a kernel
for line in sys.stdin:
    if os.fork():
        continue
    os.setsid()  # before anyone can send a signal to its group
    print(os.getpid(), flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    folder, arguments = json.loads(line)
    os.chdir(folder)
    parent = f"--IPKernelApp.parent_handle={os.getppid()}"  # it ends with this process, which ends with its input
    kernelapp.launch_new_instance(argv=[*arguments, parent])
    os._exit(0)  # what there is to clean up is the parent's
