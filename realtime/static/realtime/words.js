/** How numbers, states and values read. Pure functions. */

import { hasEnded } from "./run.js";

const NUMBER = new Intl.NumberFormat("en");
const SHORT = 120; // characters of a call's parameters in its line
const LONG = 20_000; // characters of a result; more would make the page slow

const STATUS = {
  sending: "Sending…",
  pending: "Waiting to start",
  initializing: "Starting",
  running: "Running",
  waiting_for_approval: "Waiting for approval",
  waiting_for_agents: "Waiting for other agents",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};

/** @param {import("./run.js").Run} run */
export function statusOf(run) {
  if (run.isCancelling && !hasEnded(run)) {
    return "Cancelling…";
  }
  if (run.status === "pending" && run.position > 0) {
    return `Waiting for ${counted(run.position, "run")} before it`;
  }
  return STATUS[run.status] ?? spaced(run.status);
}

/** @param {number} count @param {string} noun in the singular */
export function counted(count, noun) {
  return `${NUMBER.format(count)} ${noun}${count === 1 ? "" : "s"}`;
}

/** @param {number} moment in seconds since the epoch */
export function dateAndTime(moment) {
  return new Date(moment * 1000).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
}

/** @param {number} milliseconds */
export function duration(milliseconds) {
  if (milliseconds < 1000) {
    return `${Math.round(milliseconds)} ms`;
  }
  const seconds = milliseconds / 1000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/**
 * What an answer took: time, tokens and, where the prices are known, money.
 *
 * @param {import("./run.js").Run} run
 */
export function facts(run) {
  if (run.status !== "completed") {
    return "";
  }
  const found = run.durationMs === null ? [] : [duration(run.durationMs)];
  if (run.usage !== null) {
    const { input_tokens: read, output_tokens: written, cost_usd: cost } = run.usage;
    found.push(`${counted(read, "token")} in, ${NUMBER.format(written)} out`);
    if (cost !== undefined && cost !== null) {
      found.push(`$${cost}`);
    }
  }
  return found.join(" · ");
}

/**
 * How far a file is that becomes a data set, wherever it was uploaded.
 *
 * @param {{type: string, data: object}} frame
 * @returns {string} "" if the frame is about something else
 */
export function upload({ type, data }) {
  switch (type) {
    case "dataset_progress":
      return `Reading ${data.name}: ${Math.floor(data.share * 100)} %, ${counted(data.rows, "row")}`;
    case "dataset_ready":
      return `${data.name} is ready: ${counted(data.rows, "row")}`;
    case "dataset_failed":
      return `${data.name} could not be read. ${data.message}`;
    default:
      return "";
  }
}

/** @param {unknown} parameters of a tool call */
export function inShort(parameters) {
  const given = (name, value) => (value === null && name !== "" ? undefined : value);
  return cut(JSON.stringify(parameters, given), SHORT);
}

/** @param {unknown} result of a tool call */
export function inFull(result) {
  return cut(typeof result === "string" ? result : JSON.stringify(result, null, 2), LONG);
}

/** @param {string} name of a state, as the protocol writes it */
export function spaced(name) {
  const words = name.replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function cut(text, length) {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
