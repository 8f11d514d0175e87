// The picture: agents, what they reach, and whom they call.

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
      if (!nodeOf.has(callees[number])) intents.set(intentOf(need), (intents.get(intentOf(need)) || 0) + 1);
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
      // An agent that a filter hides is a destination like any other.
      const callee = nodeOf.get(callees[number]);
      if (callee !== undefined) {
        if (callee !== name) join(calls, name, callee).wide ||= need.widened;
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
