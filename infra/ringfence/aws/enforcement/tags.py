"""Tags: who owns a thing, in characters that every service takes."""

import functools
import re
from collections.abc import Mapping
from types import MappingProxyType

from ringfence.aws.enforcement.log_model import Tags

_REFUSED = re.compile(r"[^\w\s+\-=._:/@]")
"""What is not in the set that AWS allows in tags generally: letters, digits, white space and ``+ - = . _ : / @``
(docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html)."""

VALUE_MAX = 256
"""Characters of a tag's value (TagValue in the EC2 API: 255; elsewhere 256; we stay below both)."""


def tags(
    environment: str,
    name: str,
    *,
    agent: str | None = None,
    owner: str | None = None,
    more: Mapping[str, str] = MappingProxyType({}),
) -> Tags:
    """The tags of one thing, sorted by key; ``name`` is what consoles show, ``more`` has keys without our prefix."""
    written = {"Name": _clean(name), "ringfence:environment": environment}
    if agent is not None:
        written["ringfence:agent"] = agent
    if owner is not None:
        written["ringfence:owner"] = _clean(owner)
    written |= {f"ringfence:{key}": _clean(value) for key, value in more.items()}
    return tuple(sorted(written.items()))


def vpc_tags(environment: str) -> Tags:
    """The tags of an environment's VPC, by which it is found again."""
    return tags(environment, f"{environment} ringfence")


@functools.lru_cache(maxsize=4096)
def _clean(text: str) -> str:
    """A text with each character that a tag cannot hold as an underscore, cut to the length of a tag."""
    return _REFUSED.sub("_", " ".join(text.split()))[: VALUE_MAX - 1]
