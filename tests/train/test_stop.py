"""The stop button, pressed for real: a kernel runs `fit` while the press is sent as the page would send it."""

import sys
import time
import types

import pytest

jupyter_client = pytest.importorskip("jupyter_client")

from dlnotes.train.stop import StopButton, notebook_kernel  # noqa: E402

SETUP = """
import jax, jax.numpy as jnp, numpy as np, ipykernel
from dlnotes.train import fit
class Descent:
    def init(self, params): return ()
    def update(self, grads, state, params=None): return jax.tree.map(lambda g: -0.1 * g, grads), state
def loss(model, batch): return ((model - batch) ** 2).mean()
def train(epochs, **options):
    return fit(jnp.zeros(()), loss, np.ones(64, np.float32), optimizer=Descent(), epochs=epochs, batch_size=8,
               key=jax.random.key(0), **options)
train(2, live=False, progress=False)
print(ipykernel.__version__)
"""


@pytest.fixture(scope="module")
def client():
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager, client = jupyter_client.manager.start_new_kernel(kernel_name="python3")
        yield client
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def messages_until_idle(client, msg_id, on_message=lambda message: None):
    """All iopub messages of one request, until the kernel says that it is done."""
    messages, deadline = [], time.monotonic() + 120
    while time.monotonic() < deadline:
        message = client.get_iopub_msg(timeout=120)
        on_message(message)
        if message["parent_header"].get("msg_id") != msg_id:
            continue
        messages.append(message)
        if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
            return messages
    raise TimeoutError(msg_id)


def printed(messages):
    return "".join(
        m["content"]["text"] for m in messages if m["msg_type"] == "stream" and m["content"]["name"] == "stdout"
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("subshell", [False, True])
def test_a_press_stops_training_and_keeps_what_was_learnt(client, subshell):
    ready = messages_until_idle(client, client.execute(SETUP))
    version = int(printed(ready).split(".")[0])
    subshell_id = None
    if subshell:
        if version < 7:
            pytest.skip("ipykernel 6 has no subshells")
        request = client.session.msg("create_subshell_request")
        client.control_channel.send(request)
        subshell_id = client.control_channel.get_msg(timeout=30)["content"]["subshell_id"]

    buttons, pressed_at, images = [], [], []

    def press_when_ready(message):
        data = message["content"].get("data") or {}
        state = data.get("state", {}) if isinstance(data, dict) else {}
        if message["msg_type"] == "comm_open" and state.get("_model_name") == "ButtonModel":
            buttons.append(message["content"]["comm_id"])
        if message["msg_type"] == "comm_msg" and message.get("buffers"):
            images.append(message)
        if buttons and not pressed_at and len(images) >= 3:
            content = {"comm_id": buttons[0], "data": {"method": "custom", "content": {"event": "click"}}}
            click = client.session.msg("comm_msg", content)
            if subshell_id is not None:
                click["header"]["subshell_id"] = subshell_id
            client.shell_channel.send(click)
            pressed_at.append(time.monotonic())

    running = client.execute("result = train(10_000_000)\nprint(result.stopped, len(result.history['loss']) > 3)")
    queued = client.execute("print('afterwards', round(float(result.model), 3))")
    messages = messages_until_idle(client, running, press_when_ready)
    seconds = time.monotonic() - pressed_at[0]
    print(f"stopped {seconds:.2f} s after the press, ipykernel {version}, subshell {subshell_id}")
    assert printed(messages) == "button True\n"
    assert not [m for m in messages if m["msg_type"] == "error"]
    updates = [m for m in messages if m["msg_type"] == "update_display_data"]
    assert set(updates[-1]["content"]["data"]) == {"text/plain", "image/png"}
    assert printed(messages_until_idle(client, queued)) == "afterwards 1.0\n"


@pytest.mark.filterwarnings("ignore")
def test_the_kernel_works_on_after_several_trainings(client):
    messages_until_idle(client, client.execute(SETUP))
    code = "print(train(3).stopped, len(get_ipython().kernel.comm_manager.comms))"
    first, *others = [printed(messages_until_idle(client, client.execute(code))) for _ in range(3)]
    assert first.startswith("epochs ")
    assert others == [first, first]  # no widget is left over


@pytest.mark.filterwarnings("ignore")
def test_the_interrupt_button_keeps_the_model(client):
    messages_until_idle(client, client.execute(SETUP))
    code = "import os, signal, threading\nthreading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()\n"
    code += "r = train(10_000_000)\nprint(r.stopped, len(r.history['loss']) > 0, round(float(r.model), 3))"
    assert printed(messages_until_idle(client, client.execute(code))) == "interrupted True 1.0\n"


def test_no_notebook_no_kernel(monkeypatch):
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert notebook_kernel() is None


def test_other_messages_are_not_taken_for_a_press():
    button = StopButton.__new__(StopButton)
    import json

    button._kernel = types.SimpleNamespace(session=types.SimpleNamespace(unpack=json.loads))
    button.view = types.SimpleNamespace(model_id="mine")

    def frames(comm_id="mine", event="click", kind="comm_msg"):
        content = {"comm_id": comm_id, "data": {"method": "custom", "content": {"event": event}}}
        return [
            b"id",
            b"<IDS|MSG>",
            b"",
            json.dumps({"msg_type": kind}).encode(),
            b"{}",
            b"{}",
            json.dumps(content).encode(),
        ]

    assert button._is_press(frames())
    for other in (frames("other"), frames(event="hover"), frames(kind="comm_close"), frames()[:4], [b"x"], []):
        assert not button._is_press(other)
