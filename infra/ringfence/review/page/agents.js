// The list of agents, and one agent.

let shown = [];
let rows = ROWS;
function marks(agent) {
  return [
    widened.has(agent.name) && mark("widened", "wide"),
    agent.emergency && mark("break-glass", "wide"),
    agent.quarantine && mark("quarantined", "wide"),
    agent.observed && mark("observed, not enforced", "wide"),
    agent.open && mark("risk nobody answers for", "wide"),
    !agent.open && agent.combinations.size > 0 && mark("accepted risk"),
    agent.needs.some((need) => (need.reaches || []).some((number) => data.reaches[number].publicWrite)) &&
      mark("public write"),
  ];
}
function row(agent) {
  const fold = el("details", { id: `agent:${agent.name}` },
    el("summary", {}, el("h3", {}, agent.name), " ", el("span", { class: "soft" },
      `${agent.owner} · ${counted(agent.needs.length, "need")}`), " ", marks(agent)));
  fold.addEventListener("toggle", () => fill(fold, agent));
  return fold;
}
function fill(fold, agent) {
  if (fold.open && fold.childElementCount === 1) fold.append(el("div", { class: "body" }, details(agent)));
}
function showRows(from) {
  const list = $("agents");
  if (!from) list.replaceChildren();
  list.append(...shown.slice(from, rows).map(row));
  const left = shown.length - rows;
  $("more").hidden = left <= 0;
  $("more").textContent = `Show ${Math.min(left, ROWS)} more of ${left}`;
}
function apply() {
  shown = data.agents.filter(agentMatches);
  rows = ROWS;
  $("count").textContent = shown.length === data.agents.length
    ? `all ${counted(shown.length, "agent")}` : `${shown.length} of ${counted(data.agents.length, "agent")}`;
  showRows(0);
  draw();
}

// One agent

function details(agent) {
  return [
    el("p", {}, agent.purpose),
    agent.quarantine && el("p", { class: "alarm" }, agent.quarantine),
    el("dl", {}, [
      ["owner", agent.owner], ["profile", place(agent.declared)], ["platform", agent.platform],
      ["networks", [agent.networks || []].flat().join(" ") + (agent.provisional ? " (provisional)" : "")],
      ["serves", agent.serves], ["TLS", agent.inspected ? "decrypted" : "not decrypted"],
      ["access digest", code(agent.digest)],
    ].filter(([, text]) => text).map(([name, text]) => [el("dt", {}, name), el("dd", {}, text)])),
    agent.needs.length ? needsTable(agent) : el("p", {}, "Reaches nothing."),
    (agent.expired || []).map(([capability, until, at]) =>
      el("p", {}, code(capability), ` ended on ${until} and opens nothing · `, place(at))),
    (agent.accepted || []).map(([risk, because, who, until]) =>
      el("p", {}, "accepts ", code(risk), ` · ${because} · ${who} until ${until}`)),
    (agent.risks || []).length > 0 && [el("h4", {}, "Risks"), agent.risks.map((number) => riskEntry(data.risks[number]))],
    (agent.residuals || []).length > 0 && residualsOf(agent),
    rawRules(agent),
  ];
}
function needsTable(agent) {
  const order = agent.needs.map((_, number) => number);
  order.sort((a, b) => Boolean(agent.needs[b].breakGlass) - Boolean(agent.needs[a].breakGlass) || a - b);
  return el("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": `needs of ${agent.name}` },
    el("table", {}, el("caption", {}, "What it may reach, and why"),
      el("thead", {}, el("tr", {}, ["Need", "Reaches, and what enforces it", "Until", "Approved by"].map((name) =>
        el("th", { scope: "col" }, name)))),
      el("tbody", {}, order.map((number) => needRow(agent, number)))));
}
function needRow(agent, number) {
  const need = agent.needs[number];
  const reaches = (need.reaches || []).map((each) => data.reaches[each]);
  const wide = need.widened;
  return el("tr", { id: `need:${agent.name}:${number}`, class: narrows() && needMatches(need) ? "match" : null },
    el("th", { scope: "row" }, need.capability, " ",
      wide && mark("widened", "wide"),
      need.breakGlass && mark(`break-glass since ${need.breakGlass}`, "wide"),
      need.origin && el("div", { class: "soft" }, need.origin === "platform" ? "platform" : `class ${need.origin}`),
      need.because && el("div", {}, need.because), need.ticket && el("div", {}, need.ticket),
      el("div", {}, place(need.declared)),
      data.lines[need.declared] && el("div", { class: "soft" }, code(data.lines[need.declared]))),
    el("td", {}, reaches.map(reachNode)),
    el("td", {}, need.until || "no end"),
    el("td", {}, need.approvedBy || "nobody named"));
}
function reachNode(reach) {
  const texts = reach.kind === "service"
    ? [`${(reach.actions || []).join(", ")} on ${(reach.resources || []).join(", ")}`, `as ${reach.principal}`]
    : reach.kind === "https" ? reach.requests || ["any request"] : reach.kind === "tls" ? ["anything inside TLS"] : [];
  return el("div", { class: "entry" }, el("strong", {}, reach.destination), " ",
    reach.publicWrite && mark("public write"),
    (reach.risks || []).filter((risk) => risk !== "writes-in-public").map((risk) => mark(risk)),
    texts.map((text) => el("div", {}, code(text))),
    el("div", {}, (reach.layers || []).length
      ? reach.layers.map((layer) => [mark(layer, "layer"), " "]) : mark("nothing enforces it", "wide")),
    reach.effective && el("div", {}, mark("passes here", "wide"), " ", code(reach.effective)));
}
function residualsOf(agent) {
  return folded(`${counted(agent.residuals.length, "residual")}: not as declared`, () =>
    el("ul", { class: "plain" }, agent.residuals.map(([number, at]) => {
      const [key, kind, subject, reason] = data.residuals[number];
      return el("li", {}, code(key), ` ${kind}: `, code(subject), ` ${reason}`, at && [" · ", place(at)]);
    })));
}
function rawRules(agent) {
  const groups = agent.groups || [], acls = agent.acls || [];
  const firewall = agent.firewall || [], endpoints = agent.endpoints || [];
  const number = groups.length + acls.length + firewall.length + endpoints.length;
  const own = ([text, needs, other]) => ruleEntry(text, other || agent.name, needs);
  const shared = (rules) => ([each, needs]) => ruleEntry(rules[each][1], agent.name, needs, rules[each][0]);
  const part = (title, rules, node) => rules.length > 0 && [el("h4", {}, title), listed(rules, node, "rules")];
  return folded(`${counted(number, "generated rule")}`, () => [
    el("p", { class: "note" }, "Each with the lines of the profile that it is there for; ",
      "what stands without one is there for every agent."),
    part("Security group", groups, own),
    part("Network ACL", acls, own),
    part("Network Firewall (stateful rules)", firewall, shared(data.firewall)),
    part("VPC endpoint policies", endpoints, shared(data.endpoints)),
  ]);
}
function ruleEntry(text, name, needs, group) {
  return [group && el("span", { class: "soft" }, group),
    text.length > 90 ? el("pre", { tabindex: "0", role: "group", "aria-label": "rule" }, text) : el("div", {}, code(text)),
    (needs || []).length > 0 && byName.has(name) &&
      el("div", {}, "for ", between(needs.map((number) => needLink(name, number)), ", "))];
}
function riskEntry(risk) {
  return el("div", { class: "entry" },
    el("p", {}, el("strong", {}, risk.risk), ": ", risk.summary, " ",
      risk.accepted ? mark("accepted") : mark("nobody answers for it", "wide")),
    risk.path && el("p", {}, "by ", between(risk.path.map(agentLink), " → ")),
    el("ul", { class: "plain" }, (risk.evidence || []).map(([text, at]) => el("li", {}, text, at && [" · ", place(at)]))),
    el("p", {}, risk.accepted ? `accepted: ${risk.accepted}` : `mend: ${risk.mend}; or say under accepts who answers for it`),
    el("p", { class: "soft" }, between((risk.references || []).map(([number, name, page]) =>
      el("a", { href: page, rel: "noreferrer", title: name }, number)), ", ")));
}
