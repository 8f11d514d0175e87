"""The page as one file: its values, style and script within it, and a policy that lets nothing else run or load.

The Content-Security-Policy names the one script and the one style by their SHA-256 (CSP Level 3, 2.3.1; a policy in a
`meta` element holds for what follows it, HTML 4.2.5.3), and asks for Trusted Types, so that no text can become markup.
"""

import base64
import hashlib
import json
from importlib import resources
from typing import Any

_DATA = "__DATA__"
_SCRIPTS = ("elements.js", "filters.js", "agents.js", "picture.js", "difference.js", "page.js")
"""The parts of the script, in order; together they are one."""


def page_html(data: dict[str, Any]) -> str:
    """The page that shows some `page_data`, a newline at the end; the same data gives the same octets."""
    style, script = _file("page.css"), "\n".join(map(_file, _SCRIPTS))
    policy = (
        "default-src 'none'; base-uri 'none'; form-action 'none'; "
        f"script-src '{_digest(script)}'; style-src '{_digest(style)}'; require-trusted-types-for 'script'"
    )
    parts = {"__POLICY__": policy, "__STYLE__": style, "__SCRIPT__": script, _DATA: within_script(data)}
    page = _file("page.html")
    # From the last to the first: what is put in stands behind what is still looked for, whatever it says.
    for name in sorted(parts, key=page.index, reverse=True):
        before, _, after = page.partition(name)
        page = before + parts[name] + after
    return page


def within_script(data: dict[str, Any]) -> str:
    """JSON that may stand in a `script` element: in ASCII, and nothing in it ends the element or begins a comment."""
    text = json.dumps(data, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _file(name: str) -> str:
    return (resources.files("ringfence.review.page") / name).read_text(encoding="utf-8")
