"use strict";
// The review that stands in #data, and the elements it is shown with. Every text becomes a text node: nothing here
// makes markup out of a string.

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
