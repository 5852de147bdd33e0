from datetime import timedelta

import pytest

from helpdesk_core.bus import Retry
from tests.core.bus.world import OneTimeLink, World

pytestmark = pytest.mark.anyio


async def kept(world: World) -> list[str]:
    await world.bus.forget_contents()
    return [row.to for row in await world.rows() if row.content is not None]


async def test_the_words_of_what_is_over_are_forgotten_the_confidential_ones_soon(world: World) -> None:
    world.channel.script(world.channel.take, world.channel.take, Retry("450 later"))
    relay = world.relay(concurrency=1)
    await world.announce("usual@x.example")
    await world.announce("link@x.example", notice=OneTimeLink())
    await world.announce("waiting@x.example")
    await relay.drain(5)
    assert await kept(world) == ["usual@x.example", "link@x.example", "waiting@x.example"]
    world.advance(timedelta(hours=2))
    assert await kept(world) == ["usual@x.example", "waiting@x.example"]
    world.advance(timedelta(days=32))
    # What is not over keeps its bytes: every try sends the same.
    assert await kept(world) == ["waiting@x.example"]
