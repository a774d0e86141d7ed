"""The stories that `readback demo --script` tells, on both databases."""

import pytest

from bot.app import rehearsal
from bot.sandbox.hospital import Hospital
from bot.sandbox.stories import KILLS, STORIES, Story, environment_of
from tests.written import writing

ON_A_THREAD = {name: story for name, story in STORIES.items() if story not in KILLS}


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> dict[str, str]:
    """Those of the story."""
    return environment_of(request.node.callspec.params["story"])


@pytest.mark.parametrize("story", ON_A_THREAD.values(), ids=ON_A_THREAD)
def test_a_story_goes_as_it_is_told(hospital: Hospital, story: Story) -> None:
    story(hospital)


@pytest.mark.parametrize("story", KILLS)
def test_a_story_in_which_the_bot_is_killed_goes_as_it_is_told(
    database_url: str, story: Story
) -> None:
    with writing(), rehearsal.hospital(database_url, as_child=True) as there:
        story(there)
        there.verify()
