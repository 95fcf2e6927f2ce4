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

function toolItem(call) {
  const line = element(
    "p",
    {},
    element("strong", {}, call.name),
    " ",
    element("code", {}, inShort(call.parameters)),
    " ",
    element("span", { class: "status" }, call.note ?? spaced(call.status)),
  );
  if (call.durationMs !== null) {
    line.append(" ", element("span", { class: "duration" }, duration(call.durationMs)));
  }
  const item = element("li", { class: "tool", "data-status": call.status }, line);
  if (call.status === "failed" && typeof call.result === "string") {
    item.append(element("p", { class: "reason" }, call.result));
  } else if (call.durationMs !== null) {
    item.append(resultOf(call));
  }
  return item;
}

function resultOf(call) {
  const result = element("pre", { tabindex: "0" }, inFull(call.result));
  const details = element("details", {}, element("summary", {}, "Result"), result);
  if (call.wholeAt !== null) {
    details.append(element("p", {}, `This is the beginning. The whole: ${call.wholeAt}`));
  }
  return details;
}
