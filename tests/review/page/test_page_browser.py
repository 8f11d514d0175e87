"""The page in a real browser: it loads, every filter works, keys reach all of it, axe-core finds nothing serious."""

import dataclasses
import datetime
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from comparing import AGAINST, after_edit
from paging import data_of, page_of
from playwright.sync_api import Locator, Page, expect
from reviewing import HOSTILE_PROFILE, review_of, write_tree
from ringfence.review.difference import AccessChange, AccessEntry, Approval, Change, Interruption, Outliving
from ringfence.review.page.html import page_html

Show = Callable[..., Page]
HARMLESS = re.compile(r"<script>x</script> `code` \*\*b\*\*")


def listed(page: Page) -> list[str]:
    """The agents that are shown, in order."""
    return page.locator("#agents > details > summary h3").all_inner_texts()


def open_agent(page: Page, name: str) -> Locator:
    fold = page.locator(f"details[id='agent:{name}']")
    fold.locator("summary").first.click()
    expect(fold.locator(".body").first).to_be_visible()
    return fold


def agents_with(environment: str, **wanted: str) -> set[str]:
    """The agents that some filters leave, read from the review."""
    found = set()
    for agent in review_of(environment).report.agents:
        for need in agent.needs:
            for reach in need.reaches:
                if (
                    wanted.get("capability") in {None, need.capability}
                    and wanted.get("layer") in {None, *reach.layers}
                    and wanted.get("risk") in {None, *reach.risks}
                ):
                    found.add(agent.name)
    return found


def test_it_shows_every_agent_and_the_picture(shown: Show) -> None:
    page = shown(page_of("prod"))
    expect(page).to_have_title("prod: network review")
    assert listed(page) == [agent.name for agent in review_of("prod").report.agents]
    expect(page.locator("#count")).to_have_text("all 9 agents")
    for agent in review_of("prod").report.agents:
        expect(page.locator(f"#picture a[href='#agent:{agent.name}']")).to_have_count(1)
    calls = {
        (agent.name, reach.destination)
        for agent in review_of("prod").report.agents
        for need in agent.needs
        for reach in need.reaches
        if reach.kind == "agent"
    }
    expect(page.locator("#picture path.call")).to_have_count(len(calls))


@pytest.mark.parametrize("capability", ["github.repository", "aws.s3", "agent.call"])
def test_the_filter_by_capability(shown: Show, capability: str) -> None:
    page = shown(page_of("prod"))
    page.locator("#filter-capability").select_option(capability)
    assert set(listed(page)) == agents_with("prod", capability=capability) < set(agents_with("prod"))
    expect(page.locator("#count")).to_have_text(f"{len(listed(page))} of 9 agents")


@pytest.mark.parametrize("layer", ["http", "iam", "sni", "endpoint"])
def test_the_filter_by_layer(shown: Show, layer: str) -> None:
    page = shown(page_of("prod"))
    page.locator("#filter-layer").select_option(layer)
    assert set(listed(page)) == agents_with("prod", layer=layer)
    assert listed(page)


def test_the_filter_by_risk_of_a_capability(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.locator("#filter-risk").select_option("writes-in-public")
    assert set(listed(page)) == agents_with("prod", risk="writes-in-public") < set(agents_with("prod"))


def test_the_filter_by_risky_combination(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.locator("#filter-risk").select_option("private-to-public")
    wanted = {risk.agent for risk in review_of("prod").report.risks if risk.risk == "private-to-public"}
    assert set(listed(page)) == wanted < set(agents_with("prod"))


def test_filters_ask_for_one_need_that_has_all_of_it(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.locator("#filter-capability").select_option("aws.s3")
    page.locator("#filter-layer").select_option("http")  # S3 is reached through an endpoint
    assert listed(page) == []
    expect(page.locator("#count")).to_have_text("0 of 9 agents")
    page.get_by_role("button", name="Clear").click()
    expect(page.locator("#count")).to_have_text("all 9 agents")


def test_the_filter_by_agent_and_owner(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.get_by_role("searchbox", name="Agent or owner").fill("SUPPORT")
    assert listed(page) == ["support-triage"]
    page.get_by_role("searchbox", name="Agent or owner").fill("docs-team")
    assert listed(page) == ["pr-contributor", "reviewer"]
    expect(page.locator("#picture a[href^='#agent:']")).to_have_count(2)


def test_a_call_to_an_agent_that_is_filtered_away_stays_in_the_picture(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.get_by_role("searchbox", name="Agent or owner").fill("orchestrator")
    expect(page.locator("#picture path.call")).to_have_count(0)
    expect(page.locator("#picture")).to_contain_text("agent.call · agent code-sandbox:8090 and 3 more")


def test_an_agent_says_what_why_until_when_by_whom_and_through_which_layers(shown: Show) -> None:
    fold = open_agent(shown(page_of("prod")), "pr-contributor")
    row = fold.locator("tr", has_text="github.repository").first
    for text in (
        "pushes to its fork and opens pull requests", "SEC-412", "profiles/agents/pr-contributor.yaml:17",
        "POST /repos/matplotlib/matplotlib/pulls?-", "2027-06-30", "kim", "public write", "http",
    ):  # fmt: skip
        expect(row).to_contain_text(text)
    expect(fold).to_contain_text("accepts private-to-public")
    expect(fold).to_contain_text(re.compile(r"\d+ residuals?: not as declared"))
    fold.locator("summary", has_text="residual").click()
    expect(fold).to_contain_text("R301")


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_each_flow_has_the_layers_that_enforce_it_and_no_others(shown: Show, environment: str) -> None:
    page = shown(page_of(environment))
    for agent in review_of(environment).report.agents:
        entries = open_agent(page, agent.name).locator("tbody td > .entry")
        flows = [reach for need in agent.needs for reach in need.reaches]
        said = entries.evaluate_all(
            "all => all.map(one => [one.querySelector('strong').textContent,"
            " [...one.querySelectorAll('.mark.layer')].map(mark => mark.textContent)])"
        )
        assert [(destination, tuple(layers)) for destination, layers in said] == [
            (reach.destination, reach.layers) for reach in flows
        ]


def test_a_rule_leads_to_its_need(shown: Show) -> None:
    page = shown(page_of("prod"))
    fold = open_agent(page, "code-sandbox")
    rules = fold.locator("details", has_text="generated rules")
    expect(rules.locator("pre")).to_have_count(0)  # behind a fold, and not even made
    rules.locator("summary").click()
    expect(rules).to_contain_text("host=registry.npmjs.org capability=npm.install")
    expect(rules).to_contain_text("aws:PrincipalArn")
    rules.locator("li", has_text="ingress tcp 8090 from group orchestrator").get_by_role("link").first.click()
    row = page.locator("tr.reached")
    expect(row).to_contain_text("agent code-sandbox:8090")
    expect(row).to_be_in_viewport()
    expect(page.locator("details[id='agent:orchestrator']")).to_have_attribute("open", "")


def test_a_link_from_elsewhere_opens_an_agent_that_a_filter_hides(shown: Show) -> None:
    page = shown(page_of("prod"), fragment="#agent:reviewer")
    expect(page.locator("details[id='agent:reviewer']")).to_contain_text("What it may reach, and why")
    page.get_by_role("searchbox", name="Agent or owner").fill("support")
    page.evaluate("location.hash = '#agent:data-analyst'")
    expect(page.locator("details[id='agent:data-analyst']")).to_contain_text("athena")
    expect(page.locator("#count")).to_have_text("all 9 agents")


def test_lines_are_links_where_it_is_known_where_they_are(shown: Show) -> None:
    url = "https://git.example/fleet/{path}#L{line}"
    fold = open_agent(shown(page_html(data_of("prod", source_url=url))), "reviewer")
    link = fold.get_by_role("link", name="profiles/agents/reviewer.yaml:3").first
    expect(link).to_have_attribute("href", "https://git.example/fleet/profiles/agents/reviewer.yaml#L3")


# The difference


def test_what_opened_is_the_first_thing_seen(shown: Show) -> None:
    page = shown(page_of("dev", "a class", "a call"))
    section = page.locator("#difference")
    expect(page.locator("h1")).to_have_text("dev: what a change opens")
    expect(page.locator("h2:visible").first).to_have_text("Widened access")
    expect(section).to_be_in_viewport()
    expect(section).to_contain_text("wiki.acme.example:443")
    expect(section).to_contain_text("agent research-assistant")
    box = section.bounding_box()
    assert box is not None
    assert box["y"] < 200
    assert listed(page)[:2] == ["pr-contributor", "support-triage"]


def test_what_deploying_a_change_interrupts_is_shown_with_its_mend(shown: Show) -> None:
    (interruption,) = after_edit("inspection").interruptions or ()
    section = shown(page_of("dev", "inspection")).locator("#difference")
    expect(
        section.get_by_role("heading", name="Interrupted by deploying it, though both sides allow it")
    ).to_be_visible()
    for text in (interruption.cause, interruption.effect, interruption.mend, *interruption.agents):
        expect(section).to_contain_text(text)


def test_what_outlives_a_change_is_shown_with_the_command_that_ends_it(shown: Show) -> None:
    (outliving,) = after_edit("a need less").outliving or ()
    section = shown(page_of("dev", "a need less")).locator("#difference")
    expect(section.get_by_role("heading", name="Outlives the deployment: what was open before goes on")).to_be_visible()
    for text in (str(outliving.command), "350 s", *outliving.destinations, *outliving.agents):
        expect(section).to_contain_text(text)


def test_widened_edges_are_marked_and_only_those(shown: Show) -> None:
    page = shown(page_of("dev", "a class", "a call"))
    assert sorted(page.locator("#picture path.wide title").all_text_contents()) == [
        "pr-contributor → research-assistant, widened (call)",
        "support-triage → acme.wiki, widened",
        "support-triage → anthropic.messages, widened",
        "support-triage → https, widened",
    ]
    assert [text.partition(" ")[0] for text in page.locator("#picture a.wide text").all_text_contents()] == [
        "pr-contributor", "support-triage", "acme.wiki", "anthropic.messages", "https",
    ]  # fmt: skip
    fold = open_agent(page, "pr-contributor")
    wide = fold.locator("tr", has=page.locator(".mark.wide", has_text="widened"))
    expect(wide).to_have_count(1)
    expect(wide).to_contain_text("agent research-assistant:8080")
    page.get_by_label("only widened").check()
    assert listed(page) == ["pr-contributor", "support-triage"]


def test_a_change_that_opens_nothing_says_so_first(shown: Show) -> None:
    page = shown(page_of("dev", "a rewrite"))
    expect(page.locator("h2:visible").first).to_have_text("Nothing opens")
    expect(page.locator("#picture path.wide")).to_have_count(0)


def test_what_closed_is_folded(shown: Show) -> None:
    page = shown(page_of("dev", "a need less"))
    fold = page.locator("#difference details", has_text="Narrowed")
    expect(fold).not_to_contain_text("matplotlib.org:443")
    fold.locator("summary").click()
    expect(fold).to_contain_text("matplotlib.org:443")


# Break-glass


BREAK_GLASS = (
    "owner: o\npurpose: p\n"
    "needs:\n"
    "  - https: {host: docs.example.com, methods: [GET]}\n"
    "  - https: {host: status.example.com, methods: [GET]}\n"
    "    because: the status page is down\n"
    "    approved_by: lee\n"
    "    until: 2026-11-30\n"
    "    break_glass: {since: 2026-11-22T10:00:00Z}\n"
)


def test_what_an_emergency_opened_stands_before_all_else(shown: Show, tmp_path: Path) -> None:
    quiet = "owner: o\npurpose: p\nneeds: []\n"
    page = shown(page_html(data_of("dev", write_tree(tmp_path, alone=quiet, zealous=BREAK_GLASS))))
    expect(page.locator("h2:visible").first).to_have_text("Break-glass: opened in an emergency")
    expect(page.locator("#emergencies")).to_contain_text("the status page is down")
    assert listed(page) == ["zealous", "alone"]
    rows = open_agent(page, "zealous").locator("tbody tr")
    expect(rows.first).to_contain_text("status.example.com")


# People


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("edits", [(), ("a need", "a class", "an owner", "a need less")], ids=["review", "difference"])
def test_axe_finds_nothing_serious(shown: Show, scheme: str, edits: tuple[str, ...]) -> None:
    page = shown(page_of("dev", *edits), scheme)
    for fold in ("reviewer", "pr-contributor"):
        open_agent(page, fold).locator("summary", has_text="generated rules").click()
    for summary in page.locator("#difference summary, #risks summary, #residuals summary, #account summary").all():
        if summary.is_visible():
            summary.click()
    response = Axe().run(page).response
    found = response["violations"]
    assert {"color-contrast", "label", "select-name", "nested-interactive"} <= {
        each["id"] for each in response["passes"]
    }
    assert [
        (each["id"], each["impact"], [node["html"][:120] for node in each["nodes"][:3]])
        for each in found
        if each["impact"] in {"serious", "critical"}
    ] == []


def test_the_scheme_follows_the_reader(shown: Show) -> None:
    colours = {
        scheme: shown(page_of("dev"), scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in ("light", "dark")
    }
    assert colours == {"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 26)"}


def test_the_tab_key_reaches_every_control_and_agent_in_the_order_of_the_page(shown: Show) -> None:
    page = shown(page_of("prod"))
    reached: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "(() => { const at = document.activeElement;"
                " return at.id || at.getAttribute('aria-label') || at.textContent; })()"
            )
        )
    controls = ["filter-agent", "filter-capability", "filter-risk", "filter-layer", "clear", "picture"]
    assert reached[: len(controls) + 1] == ["Skip to the filters", *controls]
    needs = {agent.name: len(agent.needs) for agent in review_of("prod").report.agents}
    nodes = [f"{name}, {number} needs" for name, number in needs.items()]
    rest = reached[len(controls) + 1 :]
    assert rest[: len(nodes)] == nodes
    first = next(number for number, text in enumerate(rest) if text.startswith("code-sandbox platform"))
    assert [text.partition(" ")[0] for text in rest[first : first + len(needs)]] == list(needs)


def test_keys_alone_open_an_agent_and_its_rules(shown: Show) -> None:
    page = shown(page_of("prod"))
    page.locator("#agents > details > summary").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#agents > details").first).to_contain_text("What it may reach, and why")
    page.locator("summary", has_text="generated rules").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("#agents h4", has_text="Security group").first).to_be_visible()


def test_what_a_filter_leaves_is_said_to_who_does_not_see_it(shown: Show) -> None:
    page = shown(page_of("prod"))
    expect(page.get_by_role("status")).to_have_text("all 9 agents")
    page.get_by_role("searchbox", name="Agent or owner").fill("triage")
    expect(page.get_by_role("status")).to_have_text("1 of 9 agents")


# Hostile texts


def test_hostile_text_of_a_profile_is_text(shown: Show, tmp_path: Path) -> None:
    page = shown(page_html(data_of("dev", write_tree(tmp_path, agent=HOSTILE_PROFILE))))
    fold = open_agent(page, "agent")
    fold.locator("summary", has_text="generated rules").click()
    expect(fold.locator("summary").first).to_contain_text(HARMLESS)
    expect(fold.locator("tr", has_text="https").first).to_contain_text(HARMLESS)
    assert page.evaluate("document.scripts.length") == 2
    assert page.evaluate("document.querySelectorAll('b, img, #agents a[href*=vil]').length") == 0
    shown_text = page.locator("body").inner_text()
    assert "\\u202e" in shown_text
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", shown_text)


def test_hostile_text_of_a_change_is_text(shown: Show) -> None:
    text = "<script>x</script> `code` **b** [l](http://e.vil) \u202eevil \x1b[31mred"
    approval = Approval(text, text, text, text, datetime.date(2027, 1, 1), None, f"{text}:3")
    access = AccessChange(("agent",), "https", text, (text,), (text,), (text,), text, (text,), (approval,))
    entry = AccessEntry((Change("need", text, f"{text}:1", f"{text}:2"),), ("agent",), (access,))
    difference = dataclasses.replace(
        after_edit("a need"), against=AGAINST, widened=(entry,), narrowed=(entry,), unread=(text,), added=(text,),
        interruptions=(Interruption(("agent",), text, text, text),),
        outliving=(Outliving(("agent",), (text,), "firewall", 350, text, text),),
    )  # fmt: skip
    data = data_of("dev", difference=difference, source_url="https://git.example/{path}")
    page = shown(page_html(data))
    section = page.locator("#difference")
    section.locator("summary", has_text="Narrowed").click()
    assert page.evaluate("document.querySelectorAll('script').length") == 2
    assert section.locator("b, img, a[href*='e.vil']:not([href^='https://git.example/'])").count() == 0
    assert section.inner_text().count("<script>x</script>") >= 20
    assert not re.search("[\u202a-\u202e\u2066-\u2069\x1b]", section.inner_text())


# Many


def test_of_many_agents_the_first_are_shown_and_the_rest_when_asked_for(shown: Show, tmp_path: Path) -> None:
    lines = "owner: team\npurpose: p\nneeds:\n  - https: {host: example.com, methods: [GET]}\n"
    agents = {f"agent-{number:03}": lines for number in range(130)}
    page = shown(page_html(data_of("dev", write_tree(tmp_path, **agents))))
    assert len(listed(page)) == 100
    expect(page.locator("#picture")).to_contain_text("team · 130 agents")
    page.get_by_role("button", name="Show 30 more of 30").click()
    assert len(listed(page)) == 130
    assert page.evaluate("document.activeElement.querySelector('h3').textContent") == "agent-100"
    page.get_by_role("searchbox", name="Agent or owner").fill("agent-12")
    expect(page.locator("#picture a[href^='#agent:']")).to_have_count(10)
    page.evaluate("location.hash = '#agent:agent-115'")
    expect(page.locator("details[id='agent:agent-115']")).to_be_in_viewport()
