"""Markdown as a forge reads it, as far as tests need: what stands outside of code spans, and which tags are in it."""

import re
from html.parser import HTMLParser


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)


def tags_of(text: str) -> set[str]:
    reader = _Tags()
    reader.feed(text)
    return reader.tags


def outside_code(markdown: str) -> str:
    """The Markdown without its code spans, read as CommonMark 0.31, 6.1, has it: by runs of equal length."""
    result, position = "", 0
    while run := re.compile("`+").search(markdown, position):
        result += markdown[position : run.start()]
        close = re.compile(rf"(?<!`){run.group()}(?!`)").search(markdown, run.end())
        assert close is not None, "a code span is never left open"
        position = close.end()
    return result + markdown[position:]
