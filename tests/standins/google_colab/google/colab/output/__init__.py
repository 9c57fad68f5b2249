"""Colab's switch for widgets of third parties."""

from . import _widgets


def enable_custom_widget_manager() -> None:
    """Colab then takes widget code from this address."""
    _widgets._installed_url = "https://colab.invalid/widgets"


def disable_custom_widget_manager() -> None:
    _widgets._installed_url = None
