"""The page is one file that loads nothing, and whose policy lets its own script and style run and nothing else."""

import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from paging import data_of, page_of
from ringfence.review.page.html import page_html, within_script


class Elements(HTMLParser):
    """Every element with its attributes, and the text of each script and style."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.found and self.found[-1][0] in {"script", "style"} and data.strip():
            self.texts.append((self.found[-1][0], data))


def policy_of(elements: Elements) -> dict[str, list[str]]:
    (content,) = (
        attributes["content"]
        for tag, attributes in elements.found
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )
    assert content is not None
    return {name: values for name, *values in (part.split() for part in content.split(";"))}


def digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def test_the_policy_names_the_one_script_and_the_one_style() -> None:
    elements = Elements(page_of("prod"))
    scripts = [text for tag, text in elements.texts if tag == "script"]
    (style,) = (text for tag, text in elements.texts if tag == "style")
    assert policy_of(elements) == {
        "default-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "script-src": [digest(scripts[1])],
        "style-src": [digest(style)],
        "require-trusted-types-for": ["'script'"],
    }
    assert json.loads(scripts[0]) == json.loads(json.dumps(data_of("prod")))


def test_the_page_names_no_other_file() -> None:
    elements = Elements(page_of("prod"))
    for tag, attributes in elements.found:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base"}
        assert not {name for name in attributes if name in {"src", "srcset", "style"} or name.startswith("on")}
    assert "@import" not in page_of("prod")
    assert "url(" not in next(text for tag, text in elements.texts if tag == "style")


def test_the_policy_stands_before_all_that_it_holds_for() -> None:
    page = page_of("prod")
    assert page.index("Content-Security-Policy") < min(page.index("<style"), page.index("<script"))


@pytest.mark.parametrize("text", ["</script><script>alert(1)</script>", "<!--<script>", "]]>", "\u2028", "__STYLE__"])
def test_no_text_ends_the_data_or_takes_the_place_of_another_part(text: str) -> None:
    page = page_html({"text": text})
    elements = Elements(page)
    assert [tag for tag, _ in elements.found if tag == "script"] == ["script", "script"]
    assert json.loads(next(data for tag, data in elements.texts if tag == "script")) == {"text": text}


@given(st.dictionaries(st.text(), st.text()))
def test_any_text_survives_within_a_script(data: dict[str, str]) -> None:
    written = within_script(data)
    assert json.loads(written) == data
    assert not re.search(r"[<>&]|[^ -~]", written)


def test_the_same_review_gives_the_same_octets() -> None:
    assert page_html(data_of("prod")) == page_html(data_of("prod"))
