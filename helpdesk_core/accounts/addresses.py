"""E-mail addresses: the one place of the core that judges, compares and shows them.

An address is kept as its owner typed it and compared by its canonical form. Nothing here asks the network, and
nothing here trusts an address: that a text is well formed says nothing about who reads the mailbox.
"""

import email_validator

from helpdesk_core.errors import Invalid
from helpdesk_core.text import N_

_BLANKS = " \t\u00a0"

# The library refuses names such as `school.local` or `mail.test` because the public internet does not route them.
# A helpdesk inside a school's own network delivers to exactly such names, so its list is emptied, as it documents.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def canonical(value: str) -> str:
    """Return the form by which two addresses are compared: lower case, international domain as A-labels.

    The local part is compared without regard to case although RFC 5321 section 2.4 leaves that to its host: people
    type `K.Krueger@` today and `k.krueger@` tomorrow. Local parts outside ASCII are refused: few servers deliver
    them, and folding their case can make two mailboxes look like one.

    Raises:
        Invalid: It is not exactly one address that can be written to (RFC 5321, RFC 5322 dot-atom).
    """
    local, domain = _parts(value)
    return f"{local.lower()}@{domain}"


def typed(value: str) -> str:
    """Return the address as typed, without blanks around it: what is stored and shown.

    Raises:
        Invalid: See `canonical`.
    """
    _parts(value)
    return value.strip(_BLANKS)


def deliverable(value: str) -> str:
    """Return the address for an envelope or header: local part as typed, domain as A-labels (RFC 5890).

    Raises:
        Invalid: See `canonical`.
    """
    local, domain = _parts(value)
    return f"{local}@{domain}"


def masked(value: str) -> str:
    """Return what may be shown to somebody who need not know the whole address: `k…@school.example`."""
    local, _, domain = value.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _parts(value: str) -> tuple[str, str]:
    """Return the local part as typed and the domain in ASCII, lower case."""
    text = value.strip(_BLANKS)
    try:
        known = email_validator.validate_email(
            text,
            allow_smtputf8=False,
            allow_empty_local=False,
            allow_quoted_local=False,
            allow_domain_literal=False,
            allow_display_name=False,
            strict=True,
            check_deliverability=False,
            globally_deliverable=False,
        )
    except email_validator.EmailNotValidError as error:
        raise _invalid() from error
    domain = known.ascii_domain
    if "." not in domain or domain.rpartition(".")[2].isdigit():
        raise _invalid()
    return text.rpartition("@")[0], domain


def _invalid() -> Invalid:
    return Invalid(N_("Please enter a complete e-mail address, such as name@school.example."), field="email")
