// The whole page, what a reader does with it, and links into it.

function showHead() {
  document.title = `${data.environment}: network review`;
  $("title").textContent = `${data.environment}: ${change ? "what a change opens" : "who reaches what"}`;
  $("headline").textContent = data.headline.join(" · ");
  $("summary").textContent = data.summary;
  if (data.observed.length) {
    $("observed").hidden = false;
    $("observed").append(el("p", { class: "big" }, data.observed.length === data.agents.length
      ? "Nothing is enforced by firewall and DNS Firewall (mode: observe)"
      : "Not enforced by firewall and DNS Firewall (mode: observe)"), el("p", {}, agentLinks(data.observed)));
  }
  if (data.emergencies.length) {
    $("emergencies").hidden = false;
    $("emergencies").append(el("h2", { id: "emergencies-title" }, `Break-glass: opened in an emergency`),
      el("ul", { class: "plain" }, data.emergencies.map(([name, ...parts]) =>
        el("li", {}, agentLink(name), ` · ${parts.join(" · ")}`))));
  }
}
function showRest() {
  if (data.risks.length) {
    $("risks").hidden = false;
    $("risks").append(el("h2", { id: "risks-title" }, "Risky combinations"),
      folded(counted(data.risks.length, "combination of accesses", "combinations of accesses"),
        () => pieces(data.risks, riskEntry, "combinations"), data.risks.some((risk) => !risk.accepted)));
  }
  if (data.residuals.length) {
    $("residuals").hidden = false;
    $("residuals").append(el("h2", { id: "residuals-title" }, "Residuals: what is not as declared"));
    for (const kind of data.kinds) {
      const found = data.residuals.filter(([, each]) => each === kind);
      if (found.length) {
        $("residuals").append(folded(`${kind} (${found.length})`, () => listed(found, ([key, , subject, reason]) =>
          [code(key), " ", code(subject), ` ${reason}`], "residuals")));
      }
    }
    if (data.unconfirmed.length) {
      $("residuals").append(folded(`not read in a vendor's source (${data.unconfirmed.length})`, () =>
        listed(data.unconfirmed, ([capability, text, names]) =>
          [code(capability), `: ${text} · `, agentLinks(names)], "texts")));
    }
  }
  const pairs = (title, list) => [el("h4", {}, title), listed(list, ([name, number]) => `${number} ${name}`, "kinds")];
  $("account").append(el("h2", { id: "account-title" }, "Environment"),
    folded("Rules that are there for every agent", () => [
      ["Network Firewall: the default denial", data.default.map((number) => data.firewall[number])],
      ["NACLs of the VPC's own subnets, DNS Firewall", data.guards],
    ].filter(([, rules]) => rules.length).map(([title, rules]) => [el("h4", {}, title),
      listed(rules, ([group, text]) => ruleEntry(text, "", [], group), "rules")])),
    folded(data.quotas.some((quota) => quota[4]) ? "Quotas: EXCEEDED" : "Quotas", () => el("ul", { class: "plain" },
      data.quotas.map(([quota, used, limit, subject, mend]) => el("li", {}, code(quota), `: ${used} of ${limit} · `,
        subject, mend && [" ", mark("exceeded", "wide"), ` ${mend}`])))),
    folded("Resources, and what is billed", () => [pairs("Resources", data.resources),
      pairs("Billed by the hour or piece; traffic, queries and stored logs on top", data.billed)]));
  if (data.elsewhere.length) $("account").append(el("p", {}, `not in ${data.environment}: ${data.elsewhere.join(", ")}`));
}

function options() {
  const add = (select, values) => select.append(...values.map((value) => el("option", { value }, value)));
  const used = new Set(data.agents.flatMap((agent) => agent.needs.map((need) => need.capability)));
  add($("filter-capability"), [...used].sort());
  const marked = new Set(data.reaches.flatMap((reach) => reach.risks || []));
  for (const [label, values] of [["combinations", combinations], ["of a capability", marked]]) {
    if (!values.size) continue;
    const group = el("optgroup", { label });
    add(group, [...values].sort());
    $("filter-risk").append(group);
  }
  add($("filter-layer"), data.layers.filter((layer) => data.reaches.some((reach) => (reach.layers || []).includes(layer))));
  $("filter-widened-label").hidden = !change;
}
function read() {
  asked.agent = $("filter-agent").value.trim().toLowerCase();
  asked.capability = $("filter-capability").value;
  asked.risk = $("filter-risk").value;
  asked.layer = $("filter-layer").value;
  asked.widened = $("filter-widened").checked;
  apply();
}
function clear() {
  for (const name of ["agent", "capability", "risk", "layer"]) $(`filter-${name}`).value = "";
  $("filter-widened").checked = false;
  read();
}
// A link to an agent or a need shows it, whatever was filtered.
function follow() {
  let hash = "";
  try { hash = decodeURIComponent(location.hash.slice(1)); } catch { return; }
  const wanted = /^(agent|need):([^:]+)(?::(\d+))?$/.exec(hash);
  const agent = wanted && byName.get(wanted[2]);
  if (!agent) return;
  if (!shown.includes(agent)) clear();
  const index = shown.indexOf(agent);
  if (index >= rows) {
    const from = rows;
    rows = Math.ceil((index + 1) / ROWS) * ROWS;
    showRows(from);
  }
  const fold = $(`agent:${agent.name}`);
  fold.open = true;
  fill(fold, agent);
  for (const old of document.querySelectorAll(".reached")) old.classList.remove("reached");
  const target = wanted[1] === "need" ? $(`need:${agent.name}:${wanted[3]}`) : fold;
  if (!target) return;
  if (target !== fold) target.classList.add("reached");
  fold.querySelector("summary").focus({ preventScroll: true });
  target.scrollIntoView({ block: target === fold ? "start" : "center" });
}

showHead();
if (change) showDifference();
showRest();
options();
read();
$("filters").addEventListener("input", read);
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("clear").addEventListener("click", clear);
$("more").addEventListener("click", () => {
  const from = rows;
  rows += ROWS;
  showRows(from);
  $("agents").children[from].querySelector("summary").focus();
});
addEventListener("hashchange", follow);
// A link to where one is already is followed all the same.
addEventListener("click", (event) => {
  const link = event.target.closest && event.target.closest("a[href^='#agent:'], a[href^='#need:']");
  if (link && link.getAttribute("href") === location.hash) follow();
});
follow();
