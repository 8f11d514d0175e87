// What the filters ask.

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
const asked = { agent: "", capability: "", risk: "", layer: "", widened: false };

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
