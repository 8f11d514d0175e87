// The difference to another side.

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
    change.interruptions.length > 0 && [el("h4", {}, "Interrupted by deploying it, though both sides allow it"),
      listed(change.interruptions, ([agents, cause, effect, mend]) =>
        [el("strong", {}, cause), " · ", agentLinks(agents), el("div", { class: "soft" }, `${effect}; ${mend}`)],
        "interruptions")],
    change.outliving.length > 0 && [el("h4", {}, "Outlives the deployment: what was open before goes on"),
      listed(change.outliving, ([agents, destinations, kept, end]) =>
        [el("strong", {}, destinations.join(", ")), " · ", agentLinks(agents), el("div", { class: "soft" }, `${kept}; ${end}`)],
        "layers")],
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
