"""Where the custom widget manager was taken from, if it was: anywidget reads this."""

_installed_url: str | None = None
