"""A button that stops training, pressed while the kernel is busy with training.

A press is a message to the kernel, and a kernel that runs a cell does not read its messages until the cell is done. So
`StopButton` looks at the messages itself. In ipykernel 7 they arrive in a thread of their own even then, and the button
overhears them there. In ipykernel 6 (Colab's) they wait in a queue; `poll`, called now and then while training, looks
through the queue and takes nothing out of it but the press. Cells that were started meanwhile run afterwards, in order.

If a kernel has neither, the button does nothing and the kernel's own interrupt button (Ctrl-C) still stops training.
"""

import contextlib
import sys
import threading
from typing import Any

DELIMITER = b"<IDS|MSG>"


def notebook_kernel() -> Any:
    """The kernel of the notebook that we run in; `None` in a terminal or a script. Imports nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None)


class StopButton:
    """`view` is the button; `pressed` says whether it was pressed. It listens inside a `with` block only.

    Attributes:
        view: An ipywidgets Button.
    """

    def __init__(self, kernel: Any) -> None:
        import ipywidgets

        self.view = ipywidgets.Button(description="Stop training", icon="stop")
        self.view.layout.width = "auto"
        self.view.on_click(lambda _: self._event.set())
        self._kernel = kernel
        self._event = threading.Event()
        self._told = False

    @property
    def pressed(self) -> bool:
        """Whether the button was pressed."""
        return self._event.is_set()

    def __enter__(self) -> "StopButton":
        if self._thread is not None:
            self._thread.io_loop.add_callback(self._kernel.shell_stream.on_recv, self._overhear, copy=False)
        return self

    def __exit__(self, *error: object) -> None:
        if self._thread is not None:
            original = self._kernel.shell_channel_thread_main
            self._thread.io_loop.add_callback(self._kernel.shell_stream.on_recv, original, copy=False)
        else:
            self.poll()
        for part in (self.view.style, self.view.layout, self.view):
            part.close()

    def poll(self) -> bool:
        """Look whether the button was pressed, and say so on the button."""
        if self._thread is None and not self.pressed:
            with contextlib.suppress(Exception):  # a kernel of another make: its interrupt button remains
                self._look_through_queue()
        if self.pressed and not self._told:
            self._told = True
            self.view.disabled, self.view.description = True, "Stopping after this epoch"
        return self.pressed

    @property
    def _thread(self) -> Any:
        """The thread in which ipykernel 7 reads messages; `None` in ipykernel 6."""
        reads_there = hasattr(self._kernel, "shell_channel_thread_main")
        return getattr(self._kernel, "shell_channel_thread", None) if reads_there else None

    def _overhear(self, frames: list) -> Any:
        """Ipykernel 7: called for every message, in the thread that reads them; hand on all but the press."""
        if self._is_press(frames):
            self._event.set()
            return None
        return self._kernel.shell_channel_thread_main(frames)

    def _look_through_queue(self) -> None:
        """Ipykernel 6: move messages from the socket into the kernel's queue, and the press out of it."""
        import zmq

        self._kernel.shell_stream.flush(zmq.POLLIN)
        queue = self._kernel.msg_queue
        for _ in range(queue.qsize()):
            waiting = queue.get_nowait()
            if self._is_press(waiting[-1][0]):
                self._event.set()
            else:
                queue.put_nowait(waiting)

    def _is_press(self, frames: list) -> bool:
        """Whether a message, as it came from the socket, is a click on this button."""
        try:
            parts = [bytes(getattr(frame, "buffer", frame)) for frame in frames]
            start = parts.index(DELIMITER)
            header, content = (self._kernel.session.unpack(parts[start + i]) for i in (2, 5))
            data = content["data"]
            return (
                header["msg_type"] == "comm_msg"
                and content["comm_id"] == self.view.model_id
                and data.get("method") == "custom"
                and data["content"].get("event") == "click"
            )
        except (AttributeError, IndexError, KeyError, TypeError, ValueError):
            return False
