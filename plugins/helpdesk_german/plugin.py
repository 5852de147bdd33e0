"""The plugin `German`: a site that names it speaks German."""

from typing import ClassVar

from helpdesk_core import Plugin


class German(Plugin):
    """German for the core and the shipped plugins. It has no settings."""

    translates: ClassVar[tuple[str, ...]] = (
        "helpdesk_core",
        "helpdesk_contracts",
        "helpdesk_desk",
        "helpdesk_email",
        "helpdesk_web",
    )
