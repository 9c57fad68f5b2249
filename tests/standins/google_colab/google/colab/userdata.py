"""A notebook of ours never touches the reader's own secrets."""


def get(*_: object, **__: object) -> None:
    raise AssertionError("a notebook called google.colab.userdata.get")
