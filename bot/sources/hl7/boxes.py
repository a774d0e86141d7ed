"""Boxes of a form as patterns: ticked, or left empty."""

import re

TICK = r"(?:[\[(]\s?[xX✓✔]\s?[\])]|[☑☒✓✔])"
TICKED = re.compile(rf"{TICK}[\s*]*\Z")
NOT_TICKED = re.compile(r"(?:\[[\s_]*\]|\([\s_]*\)|[☐□○◯]|(?:^|\s)_{1,4}\s)[\s*]*\Z")
"""Both at the end of what stands before the words that they are about."""
BOXES_END = frozenset("])☑☒✓✔☐□○◯_")
"""What any of them ends with."""
