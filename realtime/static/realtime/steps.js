/** The steps of a run as list items. */

import { element } from "./dom.js";
import { duration, inFull, inShort, spaced } from "./words.js";

/**
 * @param {import("./run.js").Step} step
 * @returns {HTMLElement}
 */
export function stepItem(step) {
  switch (step.kind) {
    case "tool":
      return toolItem(step);
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
  if (call.status === "failed" && typeof call.result === "string") {
    item.append(element("p", { class: "reason" }, call.result));
  }
  return item;
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
  const parts = [part("Parameters", call.parameters), part("Result", call.result)];
  if (call.wholeAt !== null) {
    parts.push(element("p", {}, `This is the beginning. The whole: ${call.wholeAt}`));
  }
  return parts;
}

function part(title, value) {
  const text = element("pre", { tabindex: "0" }, inFull(value)); // the keyboard can scroll it
  return element("div", {}, element("p", {}, title), text);
}
