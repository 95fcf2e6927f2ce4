"""The processes that run a module for us, among all that a test run has started."""

import psutil


def offspring(module: str, of: int | None = None) -> list[psutil.Process]:
    found = []
    for child in psutil.Process(of).children(recursive=True):
        try:
            if module in child.cmdline():
                found.append(child)
        except (psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found
