"""A small site with the web channel and the desk."""

from collections.abc import Awaitable, Callable

import pytest

from helpdesk_core.accounts import Role
from helpdesk_desk.plugin import Desk
from tests.plugins.helpdesk_web.world import Browser, World, build, clock, database_apps

__all__ = ["build", "clock", "database_apps"]

ANNA = "anna@vendor.example"


@pytest.fixture
async def world(build: Callable[..., Awaitable[World]]) -> World:
    return await build(plugins=(Desk(page_size=3),))


@pytest.fixture
async def karin(world: World) -> Browser:
    """A customer who is signed in."""
    return await world.signed_in()


@pytest.fixture
async def anna(world: World) -> Browser:
    """An agent who is signed in."""
    return await world.signed_in(ANNA, Role.AGENT, given_name="Anna", family_name="Meyer")
