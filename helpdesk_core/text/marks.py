"""The mark for texts that are translated later, where they are shown. Knows nothing else."""


def N_(message: str) -> str:  # noqa: N802  (the name that gettext's tools know)
    """Mark a text for translation and return it unchanged; whoever shows it translates it."""
    return message
