"""Tasks for the pool's tests: they behave as badly as a hostile repo may make a worker."""

from __future__ import annotations

import os
import signal
import time


def work(task: str) -> str:
    """Do what ``task`` says; give it back in capitals if nothing bad happens."""
    if task == "raise":
        raise ValueError("bad input")
    if task == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if task == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "exit":
        os._exit(7)
    if task == "hang":
        time.sleep(600)
    if task == "spin":
        while True:
            pass
    if task == "memory":
        len(bytearray(4 * 1024**3))
    return task.upper()
