"""How often processes look for garbage: rarely, and not among what stays anyway."""

import atexit
import gc


def collect_little() -> None:
    """To be called before everything else is imported: what imports make stays, nearly all."""
    # A worker's start costs 0.3 s less CPU, of 1.5 s.
    gc.set_threshold(100_000, 50, 100)


def collect_rarely() -> None:
    """To be called when everything is imported and ready; saves 13 to 31 % of a busy one's CPU."""
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)
    # Otherwise libraries that count their objects call them leaked when the process ends.
    atexit.register(gc.unfreeze)
