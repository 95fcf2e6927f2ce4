/** The steps of a run as list items. */

import { element } from "./dom.js";
import { dateAndTime, duration, inFull, inShort, spaced } from "./words.js";

const CHOSEN = { approve: "Approving…", deny: "Denying…" };

/**
 * @param {import("./run.js").Step} step
 * @param {(decision: import("./approvals.js").Decision) => void} onDecide on a call that waits
 * @returns {HTMLElement}
 */
export function stepItem(step, onDecide) {
  switch (step.kind) {
    case "tool":
      return step.approval === null ? toolItem(step) : waitingItem(step, onDecide);
    case "thought":
      return element("li", { class: "thought" }, step.text);
    default:
      return element("li", { class: "notice" }, step.text);
  }
}

/** One line: what was called with what, and how it went. A finished call can be opened. */
function toolItem(call) {
  const item = element("li", { class: "tool", "data-status": call.status });
  if (call.durationMs === null) {
    item.append(lineOf(call));
    return item;
  }
  item.append(element("details", {}, element("summary", {}, lineOf(call)), ...contentOf(call)));
  if (["failed", "denied"].includes(call.status) && typeof call.result === "string") {
    item.append(element("p", { class: "reason" }, call.result));
  }
  return item;
}

/** A call that somebody has to decide on: what it would do, whole, and the two answers. */
function waitingItem(call, onDecide) {
  const { decision, expiresAt, problem, reason } = call.approval;
  const until = element("span", { class: "until" }, `until ${dateAndTime(expiresAt)}`);
  const group = element(
    "div",
    { class: "approval", role: "group", "aria-label": `Approval of ${call.name}` },
    ...(reason === null ? [] : [element("p", { class: "reason" }, reason)]),
    part("Parameters", call.parameters),
    ...wholeOf(call),
    answerButton(call, "Approve", () => onDecide("approve")),
    answerButton(call, "Deny", () => onDecide("deny")),
    until,
    ...(problem === "" ? [] : [element("p", { class: "problem", role: "alert" }, problem)]),
  );
  const line = lineOf({ ...call, note: CHOSEN[decision] ?? "Waiting for approval" });
  return element("li", { class: "tool", "data-status": call.status }, line, group);
}

/** Its name begins with what is read on it, and says of which call it is. */
function answerButton(call, label, onClick) {
  const disabled = call.approval.decision !== null;
  const name = `${label} ${call.name}`;
  const button = element("button", { type: "button", "aria-label": name, disabled }, label);
  button.addEventListener("click", onClick);
  return button;
}

function lineOf(call) {
  const time = call.durationMs === null ? "" : duration(call.durationMs);
  return element(
    "span",
    { class: "line" },
    element("strong", {}, call.name),
    " ",
    element("code", {}, inShort(call.parameters)),
    " ",
    element("span", { class: "status" }, call.note ?? spaced(call.status)),
    " ",
    element("span", { class: "duration" }, time),
  );
}

function contentOf(call) {
  return [part("Parameters", call.parameters), part("Result", call.result), ...wholeOf(call)];
}

function wholeOf(call) {
  const where = `This is the beginning. The whole: ${call.wholeAt}`;
  return call.wholeAt === null ? [] : [element("p", {}, where)];
}

function part(title, value) {
  const text = element("pre", { tabindex: "0" }, inFull(value)); // the keyboard can scroll it
  return element("div", {}, element("p", {}, title), text);
}
