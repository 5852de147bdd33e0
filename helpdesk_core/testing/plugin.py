"""The pytest plugin that every site and plugin gets with this package: fixtures and the mark `needs`."""

pytest_plugins = (
    "helpdesk_core.testing.databases",
    "helpdesk_core.testing.desks",
    "helpdesk_core.testing.dovecot",
    "helpdesk_core.testing.parts",
)
