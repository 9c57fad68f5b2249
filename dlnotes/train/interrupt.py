"""Ctrl-C, heard instead of thrown: so that it never lands in the middle of a step and loses the model."""

import signal
import threading
from types import FrameType


class Interrupt:
    """Inside `with Interrupt() as interrupt:` the first Ctrl-C only sets `interrupt.asked`; the second is thrown.

    The interrupt button of a notebook is the same signal. Outside the main thread, where Python handles no signals,
    nothing happens.
    """

    def __init__(self) -> None:
        self.asked = False
        self._before = None

    def __enter__(self) -> "Interrupt":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._hear)
        return self

    def __exit__(self, *error: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
