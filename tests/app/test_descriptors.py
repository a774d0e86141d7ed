"""Connections of senders must not take what pages leave by."""

import json
import subprocess
import sys

ASK = """
import json, resource, sys
soft, hard = map(int, sys.argv[1:])
resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
from bot.app import descriptors
ours = [descriptors.for_senders(), descriptors.for_web()]
print(json.dumps([*ours, *resource.getrlimit(resource.RLIMIT_NOFILE)]))
"""


def asked(soft: int, hard: int) -> list[int]:
    program = [sys.executable, "-c", ASK, str(soft), str(hard)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return [int(number) for number in json.loads(done.stdout)]


def test_the_soft_limit_is_raised_and_the_rest_of_it_is_kept() -> None:
    assert asked(128, 1024) == [768, 128, 1024, 1024]


def test_where_there_is_little_half_of_it_is_kept() -> None:
    assert asked(200, 200) == [100, 32, 200, 200]
