"""Accounts: who somebody is, where they are reached, what proves it, and whom they belong to.

This room knows nothing of tickets, sessions or mails: it says who somebody is, and others decide what that allows.
"""

from helpdesk_core.accounts.accounts import Accounts
from helpdesk_core.accounts.events import (
    EVENTS,
    AddressBounced,
    AddressProven,
    MembershipEnded,
    MembershipGranted,
    OrganisationCreated,
    PasswordForgotten,
    PasswordSet,
    PersonConfirmed,
    PersonCreated,
    PersonRegistered,
    PersonRemoved,
    ProfileChanged,
    RegistrationRepeated,
    RoleChanged,
)
from helpdesk_core.accounts.fields import CUSTOMER_NUMBER, ORGANISATION, PHONE, PRODUCT, AccountField
from helpdesk_core.accounts.ground import LinkExpired, WrongCredentials
from helpdesk_core.accounts.limits import LONGEST_WINDOW, Limits
from helpdesk_core.accounts.notices import (
    NOTICES,
    AccountCreated,
    AccountExists,
    Invited,
    PasswordResetRequested,
    PasswordWasSet,
)
from helpdesk_core.accounts.organisations import MembershipView, OrganisationView, fold_name
from helpdesk_core.accounts.passwords import Passwords
from helpdesk_core.accounts.people import EMAIL, Account, AccountState, AddressView, Role
from helpdesk_core.accounts.profiles import CreateAccount, UpdateProfile
from helpdesk_core.accounts.registration import Register, Registered
from helpdesk_core.accounts.tokens import Purpose

__all__ = [
    "CUSTOMER_NUMBER",
    "EMAIL",
    "EVENTS",
    "LONGEST_WINDOW",
    "NOTICES",
    "ORGANISATION",
    "PHONE",
    "PRODUCT",
    "Account",
    "AccountCreated",
    "AccountExists",
    "AccountField",
    "AccountState",
    "Accounts",
    "AddressBounced",
    "AddressProven",
    "AddressView",
    "CreateAccount",
    "Invited",
    "Limits",
    "LinkExpired",
    "MembershipEnded",
    "MembershipGranted",
    "MembershipView",
    "OrganisationCreated",
    "OrganisationView",
    "PasswordForgotten",
    "PasswordResetRequested",
    "PasswordSet",
    "PasswordWasSet",
    "Passwords",
    "PersonConfirmed",
    "PersonCreated",
    "PersonRegistered",
    "PersonRemoved",
    "ProfileChanged",
    "Purpose",
    "Register",
    "Registered",
    "RegistrationRepeated",
    "Role",
    "RoleChanged",
    "UpdateProfile",
    "WrongCredentials",
    "fold_name",
]
