"use strict";
// Shows the review that stands in #data. Every text becomes a text node: nothing here makes markup out of a string.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const ROWS = 100; // agents, or items of a list, that are shown before more are asked for
  const ENTRIES = 20; // entries of a difference, and accesses in one
  const NODES = 36; // in one column of the picture
  const byName = new Map(data.agents.map((agent) => [agent.name, agent]));
  const $ = (id) => document.getElementById(id);

  function made(element, attributes, children) {
    for (const [name, value] of Object.entries(attributes || {})) {
      if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
    }
    for (const child of children.flat(Infinity)) {
      if (child !== null && child !== undefined && child !== false) element.append(child);
    }
    return element;
  }
  const el = (tag, attributes, ...children) => made(document.createElement(tag), attributes, children);
  const svg = (tag, attributes, ...children) =>
    made(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
  const code = (text) => el("code", {}, text);
  const mark = (text, kind) => el("span", { class: `mark ${kind || ""}` }, text);
  const counted = (number, thing, many) => `${number} ${number === 1 ? thing : many || `${thing}s`}`;
  // Names in our own sentences stand between backticks.
  const ticked = (text) => text.split(/`([^`]*)`/).map((part, index) => (index % 2 ? code(part) : part));
  const between = (nodes, what) => nodes.flatMap((node, index) => (index ? [what, node] : [node]));

  // A list that says how long it is, and shows all of it when that is asked for.
  function listed(items, node, what, first = ROWS) {
    const list = el("ul", { class: "plain" }, items.slice(0, first).map((item) => el("li", {}, node(item))));
    if (items.length <= first) return list;
    const button = el("button", { type: "button" }, `show all ${items.length} ${what}`);
    button.addEventListener("click", () => {
      list.append(...items.slice(first).map((item) => el("li", {}, node(item))));
      button.remove();
    });
    return [list, button];
  }
  function folded(title, content, open) {
    const fold = el("details", { open: open ? "" : null }, el("summary", {}, title));
    const fill = () => {
      if (fold.childElementCount === 1) fold.append(el("div", { class: "body" }, content()));
    };
    fold.addEventListener("toggle", fill);
    if (open) fill();
    return fold;
  }

  // Places, and links to them

  function place(text) {
    const colon = text.lastIndexOf(":");
    const path = text.slice(0, colon);
    if (!data.sourceUrl || !/^[^:]+$/.test(path)) return code(text);
    const encoded = path.split("/").map(encodeURIComponent).join("/");
    const href = data.sourceUrl.replaceAll("{path}", () => encoded).replaceAll("{line}", () => text.slice(colon + 1));
    return el("a", { href, class: "place", rel: "noreferrer" }, text);
  }
  const agentLink = (name) =>
    byName.has(name) ? el("a", { href: `#agent:${encodeURIComponent(name)}` }, name) : code(name);
  function agentLinks(names) {
    if (names.length <= 12) return between(names.map(agentLink), ", ");
    const rest = el("details", {}, el("summary", {}, `and ${names.length - 8} more agents`));
    rest.addEventListener("toggle", () => {
      if (rest.childElementCount === 1) rest.append(el("p", {}, between(names.slice(8).map(agentLink), ", ")));
    });
    return [between(names.slice(0, 8).map(agentLink), ", "), rest];
  }
  function needLink(name, number) {
    const need = byName.get(name).needs[number];
    const href = `#need:${encodeURIComponent(name)}:${number}`;
    return el("a", { href, class: "place" }, need.declared, ` (${need.capability})`);
  }

  // What the filters ask

  const widened = new Map(); // agent -> the accesses of its that widen
  const change = data.difference;
  for (const entry of change ? change.widened : []) {
    for (const access of entry.accesses) {
      for (const name of access.agents || entry.agents) {
        if (!widened.has(name)) widened.set(name, []);
        widened.get(name).push(access);
      }
    }
  }
  // Whether a need has a part in a widening: by its line, and of several calls on one line by whom it calls.
  function markWidening(agent) {
    const lines = new Set(), calls = new Set();
    for (const access of widened.get(agent.name) || []) {
      for (const [capability, , at] of access.approvals || []) {
        if (access.kind === "agent") calls.add(`${capability}\n${at}\n${access.destination}`);
        else lines.add(`${capability}\n${at}`);
      }
    }
    for (const need of agent.needs) {
      const line = `${need.capability}\n${need.declared}`;
      need.widened = lines.has(line) || (calls.size > 0 && (need.reaches || []).some((number) =>
        calls.has(`${line}\n${data.reaches[number].destination.replace(/:\d+$/, "")}`)));
    }
  }
  for (const agent of data.agents) {
    agent.needs = agent.needs || [];
    markWidening(agent);
    agent.said = `${agent.name}\n${agent.owner}`.toLowerCase();
    agent.combinations = new Set((agent.risks || []).map((number) => data.risks[number].risk));
    agent.open = (agent.risks || []).some((number) => !data.risks[number].accepted);
    agent.emergency = agent.needs.some((need) => need.breakGlass);
  }
  // What was opened in an emergency first, then what widens.
  const first = (agent) => (agent.emergency ? 2 : 0) + (widened.has(agent.name) ? 1 : 0);
  data.agents.sort((a, b) => first(b) - first(a));
  const combinations = new Set(data.risks.map((risk) => risk.risk));
  const asked = { agent: "", owner: null, capability: "", risk: "", layer: "", widened: false };

  function needMatches(need) {
    if (asked.capability && need.capability !== asked.capability) return false;
    const risk = combinations.has(asked.risk) ? "" : asked.risk;
    if (!asked.layer && !risk) return true;
    return (need.reaches || []).some((number) => {
      const reach = data.reaches[number];
      return (!asked.layer || (reach.layers || []).includes(asked.layer)) &&
        (!risk || (reach.risks || []).includes(risk));
    });
  }
  const narrows = () => asked.capability || asked.layer || (asked.risk && !combinations.has(asked.risk));
  function agentMatches(agent) {
    if (asked.agent && !agent.said.includes(asked.agent)) return false;
    if (asked.widened && !widened.has(agent.name)) return false;
    if (combinations.has(asked.risk) && !agent.combinations.has(asked.risk)) return false;
    return !narrows() || agent.needs.some(needMatches);
  }

  // The list of agents

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
        el("thead", {}, el("tr", {}, ["Need", "Reaches", "Until", "Approved by", "Enforced by"].map((name) =>
          el("th", { scope: "col" }, name)))),
        el("tbody", {}, order.map((number) => needRow(agent, number)))));
  }
  function needRow(agent, number) {
    const need = agent.needs[number];
    const reaches = (need.reaches || []).map((each) => data.reaches[each]);
    const layers = data.layers.filter((layer) => reaches.some((reach) => (reach.layers || []).includes(layer)));
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
      el("td", {}, need.approvedBy || "nobody named"),
      el("td", {}, layers.length ? layers.map((layer) => [mark(layer, "layer"), " "]) : mark("nothing", "wide")));
  }
  function reachNode(reach) {
    const texts = reach.kind === "service"
      ? [`${(reach.actions || []).join(", ")} on ${(reach.resources || []).join(", ")}`, `as ${reach.principal}`]
      : reach.kind === "https" ? reach.requests || ["any request"] : reach.kind === "tls" ? ["anything inside TLS"] : [];
    return el("div", { class: "entry" }, el("strong", {}, reach.destination), " ",
      reach.publicWrite && mark("public write"),
      (reach.risks || []).filter((risk) => risk !== "writes-in-public").map((risk) => mark(risk)),
      texts.map((text) => el("div", {}, code(text))),
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

  // The picture

  const callees = data.reaches.map((reach) =>
    reach.kind === "agent" ? (/^agent (.+):\d+$/.exec(reach.destination) || [])[1] : undefined);
  // The ways of an agent: [its need, the number of what it reaches], those that the filters ask for.
  function* waysOf(agent) {
    const all = !narrows();
    for (const need of agent.needs) {
      if (all || needMatches(need)) for (const number of need.reaches || []) yield [need, number];
    }
  }
  const intentOf = (need) => (need.origin === "platform" ? "platform" : need.capability);
  // Names of groups for keys, the largest first; what does not fit is one group more.
  function grouped(counts, what) {
    const keys = [...counts.keys()];
    if (keys.length <= NODES) return new Map(keys.map((key) => [key, key]));
    keys.sort((a, b) => counts.get(b) - counts.get(a) || (a < b ? -1 : 1));
    const rest = `${keys.length - NODES + 1} more ${what}`;
    return new Map(keys.map((key, index) => [key, index < NODES - 1 ? key : rest]));
  }
  function count(keys) {
    const counts = new Map();
    for (const key of keys) counts.set(key, (counts.get(key) || 0) + 1);
    return counts;
  }
  function draw() {
    const one = shown.length <= NODES;
    const owners = grouped(count(shown.map((agent) => agent.owner)), "owners");
    const nodeOf = new Map(shown.map((agent) => [agent.name, one ? agent.name : owners.get(agent.owner)]));
    const intents = new Map();
    for (const agent of shown) {
      for (const [need, number] of waysOf(agent)) {
        if (!callees[number]) intents.set(intentOf(need), (intents.get(intentOf(need)) || 0) + 1);
      }
    }
    const families = intents.size > NODES;
    const family = (intent) => (families ? intent.split(".")[0] : intent);
    const sizes = new Map();
    for (const [intent, size] of intents) sizes.set(family(intent), (sizes.get(family(intent)) || 0) + size);
    const groups = grouped(sizes, "intents");
    const left = new Map(), right = new Map(), edges = new Map(), calls = new Map();
    const join = (map, from, to) => {
      const key = `${from}\n${to}`;
      if (!map.has(key)) map.set(key, { from, to, wide: false, open: false });
      return map.get(key);
    };
    for (const agent of shown) {
      const name = nodeOf.get(agent.name);
      if (!left.has(name)) left.set(name, { name, wide: false, agents: 0 });
      left.get(name).agents += 1;
      left.get(name).wide ||= widened.has(agent.name);
      for (const [need, number] of waysOf(agent)) {
        const callee = callees[number];
        if (callee) {
          const to = nodeOf.get(callee);
          if (to !== undefined && to !== name) join(calls, name, to).wide ||= need.widened;
          continue;
        }
        const group = groups.get(family(intentOf(need)));
        if (!right.has(group)) right.set(group, { name: group, wide: false, destinations: new Set(), at: 0, many: 0 });
        const node = right.get(group), edge = join(edges, name, group), reach = data.reaches[number];
        node.destinations.add(reach.destination);
        edge.open ||= Boolean(reach.publicWrite);
        edge.wide ||= need.widened;
        node.wide ||= need.widened;
      }
    }
    picture([...left.values()], [...right.values()], [...edges.values()], [...calls.values()], one);
  }
  const short = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  function picture(left, right, edges, calls, one) {
    const rowHeight = 40, top = 34, box = { left: 150, right: 640, width: 250, wide: 390, height: 32 };
    const height = Math.max(left.length, right.length, 1) * rowHeight + top + 8;
    const spread = (nodes) => {
      const step = (height - top - 8) / Math.max(nodes.length, 1);
      nodes.forEach((node, index) => { node.y = top + step * (index + 0.5); });
    };
    spread(left);
    const at = new Map(left.map((node) => [node.name, node]));
    const to = new Map(right.map((node) => [node.name, node]));
    for (const edge of edges) {
      to.get(edge.to).at += at.get(edge.from).y;
      to.get(edge.to).many += 1;
    }
    right.sort((a, b) => a.at / a.many - b.at / b.many || (a.name < b.name ? -1 : 1));
    spread(right);
    const kind = (edge, more) => [more, edge.open && "public", edge.wide && "wide"].filter(Boolean).join(" ");
    const behind = [...edges, ...calls].sort((a, b) => a.wide - b.wide || a.open - b.open);
    const lines = behind.map((edge) => {
      const from = at.get(edge.from), target = to.get(edge.to);
      const said = `${edge.from} → ${edge.to}${edge.wide ? ", widened" : ""}${edge.open ? ", public write" : ""}`;
      if (calls.includes(edge)) {
        const end = at.get(edge.to), bow = box.left - 30 - Math.min(110, Math.abs(end.y - from.y) / 3);
        const way = `M${box.left} ${from.y}C${bow} ${from.y} ${bow} ${end.y} ${box.left - 2} ${end.y + 5}`;
        return svg("path", { d: way, class: kind(edge, "call"), "marker-end": "url(#arrow)" }, svg("title", {}, `${said} (call)`));
      }
      const start = box.left + box.width, middle = (start + box.right) / 2;
      const way = `M${start} ${from.y}C${middle} ${from.y} ${middle} ${target.y} ${box.right} ${target.y}`;
      return svg("path", { d: way, class: kind(edge) }, svg("title", {}, said));
    });
    const node = (each, x, width, label, small, href, act) => {
      const link = svg("a", { href, class: each.wide ? "wide" : null, "aria-label": `${label}, ${small}${each.wide ? ", widened" : ""}` },
        svg("rect", { x, y: each.y - box.height / 2, width, height: box.height, rx: 4 }),
        svg("text", { x: x + 8, y: each.y + 4.5 }, short(small ? `${label} · ${small}` : label, Math.floor(width / 6.9))));
      if (act) link.addEventListener("click", (event) => { event.preventDefault(); act(); });
      return link;
    };
    const agentNode = (each) => one
      ? node(each, box.left, box.width, each.name, counted(byName.get(each.name).needs.length, "need"), `#agent:${encodeURIComponent(each.name)}`)
      : node(each, box.left, box.width, each.name, counted(each.agents, "agent"), "#filters", () => choose("filter-agent", each.name));
    const intentNode = (each) => node(each, box.right, box.wide, each.name, places(each.destinations), "#filters",
      () => choose("filter-capability", each.name));
    const column = (x, text) => svg("text", { x, y: 20, class: "column" }, text);
    $("picture").replaceChildren(svg("svg", { viewBox: `0 0 ${box.right + box.wide + 8} ${height}` },
      svg("defs", {}, svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7,
        markerUnits: "userSpaceOnUse", orient: "auto" }, svg("polygon", { points: "0,0 8,4 0,8", fill: "currentColor" }))),
      column(8, "calls"), column(box.left, one ? "agents" : "agents, by owner"), column(box.right, "intents and destinations"),
      lines, left.map(agentNode), right.map(intentNode)));
    const wide = behind.filter((edge) => edge.wide).length;
    $("picture-note").textContent = [
      one ? counted(left.length, "agent") : `${counted(shown.length, "agent")} by owner (fewer than ${NODES + 1} are shown one by one)`,
      counted(right.length, "intent"), counted(calls.length, "way from agent to agent", "ways from agent to agent"),
      change && `${counted(wide, "way")} widened (dashed)`, "the list below says the same in words",
    ].filter(Boolean).join(" · ");
  }
  function places(destinations) {
    const names = [...destinations].map((name) => name.replace(/^tls |:443$/g, ""));
    return names.length <= 2 ? names.join(", ") : `${names[0]} and ${names.length - 1} more`;
  }
  function choose(id, value) {
    const control = $(id);
    if (control.tagName === "SELECT" && ![...control.options].some((option) => option.value === value)) return;
    control.value = value;
    read();
    control.focus();
  }

  // The difference

  function showDifference() {
    const section = $("difference"), alarming = change.opens || change.completed.length > 0 || change.unread.length > 0;
    section.className = alarming ? "alarm" : "calm";
    section.hidden = false;
    const entries = (list, word) => pieces(list, (entry) => entryNode(entry), word);
    const fold = (title, number, content) => number > 0 && folded(`${title} (${number})`, content);
    section.append(...[
      el("h2", { id: "difference-title" }, change.opens ? "Widened access" : "Nothing opens"),
      el("p", { class: "big" }, change.summary.join(" · ")),
      el("p", {}, [...change.headline, change.totals].join(" · ")),
      change.agents.length > 0 && el("p", {}, change.agents.join(", ")),
      change.unread.length > 0 && [el("p", { class: "big" }, "Not read, so nothing is known of it"),
        el("ul", { class: "plain" }, change.unread.map((text) => el("li", {}, text)))],
      entries(change.widened, "changes"),
      change.completed.length > 0 && [el("h4", {}, "Risky combinations completed"), change.completed.map(riskEntry)],
      fold("Narrowed", change.narrowed.length, () => entries(change.narrowed, "changes")),
      fold("Risky combinations resolved", change.resolved.length, () => change.resolved.map(riskEntry)),
      fold("Residuals that came", change.came.length, () => listed(change.came, (text) => text, "residuals")),
      fold("Residuals that went", change.went.length, () => listed(change.went, (text) => text, "residuals")),
      fold("Who answers, why, until when", change.answers.length, () => listed(change.answers, answerNode, "answers")),
      change.withoutAccess.length > 0 && el("p", { class: "soft" }, "without a change of access: ",
        change.withoutAccess.map(([name, number]) => `${name}: ${number}`).join(", ")),
      el("p", { class: "soft" }, "as text: ", code(change.command)),
    ].flat(Infinity).filter(Boolean));
  }
  function pieces(list, node, what) {
    const holder = el("div", {}, list.slice(0, ENTRIES).map(node));
    if (list.length > ENTRIES) {
      const button = el("button", { type: "button" }, `show all ${list.length} ${what}`);
      button.addEventListener("click", () => { button.replaceWith(...list.slice(ENTRIES).map(node)); });
      holder.append(button);
    }
    return holder;
  }
  const answerNode = (each) => [code(each.subject), ` ${each.field}: `, code(each.before || "nothing"), " → ",
    code(each.after || "nothing"), " · ", agentLinks(each.agents), " ", each.placeBefore && code(each.placeBefore), " ",
    each.placeAfter && place(each.placeAfter)];
  function accessNode(access) {
    return [
      access.agents && [agentLinks(access.agents), ": "],
      el("strong", {}, access.destination), access.exceptHosts && ` except ${access.exceptHosts.join(", ")}`, " ",
      access.breakGlass && mark("break-glass", "wide"), (access.risks || []).map((risk) => mark(risk, "wide")),
      el("div", {}, between((access.what || []).map(code), ", ")),
      access.besides && el("div", { class: "soft" }, "passes on both sides: ", between(access.besides.map(code), ", ")),
      access.example && el("div", { class: "soft" }, "such as ", code(access.example)),
      (access.approvals || []).map(([capability, text, at]) =>
        el("div", {}, code(capability), text && ` · ${text}`, " · ", place(at))),
    ];
  }
  function entryNode(entry) {
    return el("div", { class: "entry" },
      el("p", {}, el("strong", {}, agentLinks(entry.agents))),
      listed(entry.accesses, accessNode, "accesses", ENTRIES),
      el("div", { class: "soft" }, "through"),
      el("ul", { class: "plain" }, entry.through.map((each) => el("li", {}, ticked(each.text), " · ",
        each.before && code(each.before), each.before && each.after && " → ", each.after && place(each.after)))));
  }

  // The rest

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
})();
