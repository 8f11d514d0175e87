"""CODEOWNERS: GitHub's own examples, the last match wins, and a line that is not understood is an error."""

import pytest
from ringfence.source.codeowners import CodeOwners, read_code_owners
from ringfence.source.diagnostic import Findings


class Files(dict[str, str]):
    def names(self, folder: str, suffix: str) -> tuple[str, ...]:
        return ()

    def exists(self, path: str) -> bool:
        return path in self

    def read(self, path: str) -> bytes:
        return self[path].encode()


def owners(text: str) -> CodeOwners:
    findings = Findings()
    found = read_code_owners(Files(CODEOWNERS=text), findings)
    assert found is not None, findings.diagnostics
    return found


@pytest.mark.parametrize(
    ("pattern", "has", "has_not"),
    [
        # The examples of https://docs.github.com/.../about-code-owners
        ("*", ["a", "a/b", "a/b.c"], []),
        ("*.js", ["a.js", "b/c/a.js"], ["a.jsx", "a.ts"]),
        ("/build/logs/", ["build/logs/a", "build/logs/a/b"], ["a/build/logs/b", "build/logs"]),
        ("docs/*", ["docs/getting-started.md"], ["docs/build-app/troubleshooting.md", "a/docs/b.md"]),
        ("apps/", ["apps/a", "b/apps/c/d"], ["apps", "myapps/a"]),
        ("/apps/github", ["apps/github", "apps/github/a/b"], ["apps/github2", "b/apps/github"]),
        # .gitignore's own
        ("profiles", ["profiles", "profiles/a", "b/profiles/c"], ["profiles2"]),
        ("profiles/agents/pr-*.yaml", ["profiles/agents/pr-contributor.yaml"], ["profiles/agents/x/pr-a.yaml"]),
        ("**/agents", ["agents/a", "x/y/agents/b"], ["agents2/a"]),
        ("profiles/**", ["profiles/a", "profiles/a/b"], ["profiles", "x/profiles/a"]),
        ("a/**/b", ["a/b", "a/x/b", "a/x/y/b/c"], ["ab", "a/xb"]),
        ("a?c", ["abc", "x/abc"], ["a/c", "abbc"]),
        (r"with\ blank", ["with blank"], ["with"]),
        ("a.c", ["a.c"], ["abc"]),
    ],
)
def test_patterns_have_the_paths_that_they_mean(pattern: str, has: list[str], has_not: list[str]) -> None:
    read = owners(f"{pattern} @kim\n")
    assert [path for path in has if read.of(path) != ("@kim",)] == []
    assert [path for path in has_not if read.of(path)] == []


def test_the_last_match_wins_and_one_without_owners_leaves_none() -> None:
    text = "# all\n* @all\n\n/apps/ @octocat # theirs\n/apps/github\n*.go docs@example.com @octo-org/octocats\n"
    read = owners(text)
    assert read.of("README") == ("@all",)
    assert read.of("apps/a") == ("@octocat",)
    assert read.of("apps/github/a") == ()
    assert read.of("apps/github/a.go") == ("docs@example.com", "@octo-org/octocats")


@pytest.mark.parametrize("line", ["!a @kim", "[ab] @kim", r"\#a @kim", "a kim", "a @", "a @kim@", "a @kim/"])
def test_a_line_that_is_not_understood_is_located(line: str) -> None:
    findings = Findings()
    assert read_code_owners(Files(CODEOWNERS=f"* @all\n{line}\n"), findings) is None
    (found,) = findings.sorted()
    assert (found.code, found.span.path, found.span.line) == ("RF161", "CODEOWNERS", 2)


def test_there_is_one_file() -> None:
    findings = Findings()
    assert read_code_owners(Files(), findings) is None
    assert read_code_owners(Files({"CODEOWNERS": "", "docs/CODEOWNERS": ""}), findings) is None
    assert [found.code for found in findings.sorted()] == ["RF160", "RF160"]
    hidden = read_code_owners(Files({".github/CODEOWNERS": "* @kim"}), Findings())
    assert hidden is not None
    assert hidden.of("a") == ("@kim",)
