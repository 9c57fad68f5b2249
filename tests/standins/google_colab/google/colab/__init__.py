"""A stand-in for Colab's own package, with the parts that notebooks and anywidget touch."""

from . import drive, files, output, userdata

__all__ = ["drive", "files", "output", "userdata"]
