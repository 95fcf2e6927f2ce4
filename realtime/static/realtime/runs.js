/**
 * A conversation as a state, and how each frame changes it: `reduce(state, frame)` is pure.
 *
 * Beside the server's frames there are those of the page itself, whose type begins with `page.`:
 * `page.asked {key, question, agent}`, `page.loaded {messages, runs}`, `page.described {run}`,
 * `page.opened {key}`, `page.cancelling {key}`, `page.decided {key, callId, decision}`.
 *
 * @typedef {{runs: import("./run.js").Run[]}} State oldest run first
 */

import { asked, decided, decisionMessages, withChoice } from "./approvals.js";
import { advanced, described, hasEnded, isFollowed, newCall, newRun, withStep } from "./run.js";

/** @type {State} */
export const NOTHING = Object.freeze({ runs: [] });

const RESUME = "resume"; // begins the id of a resume message; a dot and the run's id may follow

/**
 * The state after a frame; the same object if it changes nothing.
 *
 * @param {State} state
 * @param {object} frame
 * @returns {State}
 */
export function reduce(state, frame) {
  switch (frame.type) {
    case "page.asked":
      return { runs: [...state.runs, newRun({ ...frame.data })] };
    case "page.loaded":
      return { runs: [...runsIn(frame.data), ...state.runs.filter((run) => run.runId === null)] };
    case "page.described":
      return withRun(state, frame.data.run.run_id, (run) => withQuestion(run, frame.data.run));
    case "page.opened":
      return withKey(state, frame.data.key, reopened);
    case "page.cancelling":
      return withKey(state, frame.data.key, (run) => ({ ...run, isCancelling: true }));
    case "page.decided":
      return withKey(state, frame.data.key, (run) => chosen(run, frame.data));
    case "run_accepted":
      return accepted(state, frame);
    case "agent_status":
      return answered(state, frame.id, { isHeard: true });
    case "error":
      return refused(state, frame);
    case "resuming":
      return withRun(known(state, frame.data.run_id), frame.data.run_id, withoutHole);
    case "run_snapshot":
      return withRun(state, frame.data.run.run_id, (run) => snapshot(run, frame.data.run));
    default:
      return frame.run_id === undefined ? state : followed(state, frame);
  }
}

/**
 * The messages that make the server go on with every run where we are.
 *
 * @param {State} state
 * @param {string} threadId
 * @returns {object[]} with no run known, one that asks for the thread's live runs
 */
export function resumeMessages(state, threadId) {
  const messages = state.runs.filter(isFollowed).map(resumeMessage);
  return messages.length ? messages : [{ type: "resume", id: RESUME, thread_id: threadId }];
}

/** @param {import("./run.js").Run} run */
export function resumeMessage(run) {
  return { type: "resume", id: `${RESUME}.${run.runId}`, run_id: run.runId, last_seq: run.seq };
}

/**
 * The messages that repeat what the user has asked for and the server may not have heard.
 *
 * @param {State} state
 * @returns {object[]}
 */
export function owedMessages(state) {
  const live = state.runs.filter((run) => !hasEnded(run));
  const cancels = live.filter((run) => run.isCancelling).map(cancelMessage);
  return [...cancels, ...live.flatMap(decisionMessages)];
}

/** @param {string | undefined} id of a message */
export function isResume(id = "") {
  return id.split(".")[0] === RESUME;
}

/** @param {import("./run.js").Run} run */
export function cancelMessage(run) {
  return { type: "cancel_run", id: `cancel.${run.runId}`, run_id: run.runId };
}

// --- runs in the state ---------------------------------------------------------------------------

function withRun(state, runId, change) {
  return replaced(state, (run) => run.runId === runId, change);
}

function withKey(state, key, change) {
  return replaced(state, (run) => run.key === key, change);
}

function replaced(state, matches, change) {
  const at = state.runs.findIndex(matches);
  const run = at < 0 ? null : change(state.runs[at]);
  return run === null || run === state.runs[at] ? state : { runs: state.runs.with(at, run) };
}

/** The state with a run of this id, which may have been started elsewhere. */
function known(state, runId, agent = null) {
  if (runId === undefined || state.runs.some((run) => run.runId === runId)) {
    return state;
  }
  return { runs: [...state.runs, newRun({ key: runId, runId, agent, status: "pending" })] };
}

// --- what frames do ------------------------------------------------------------------------------

function followed(state, frame) {
  // Text of a run we do not know yet comes again when we resume that run.
  const all = "seq" in frame ? known(state, frame.run_id, frame.agent) : state;
  return withRun(all, frame.run_id, (run) => advanced(run, frame));
}

function accepted(state, { id, data }) {
  const isAsked = (run) => run.key === id && run.runId === null;
  const asked = state.runs.find(isAsked);
  if (asked === undefined) {
    return state;
  }
  // A question that was sent twice: the answer to the first may be here already.
  const before = state.runs.find((run) => run.runId === data.run_id);
  const start = { ...asked, runId: data.run_id, status: data.status, position: data.position ?? 0 };
  const run = before ? { ...before, key: id, question: asked.question } : start;
  const others = state.runs.filter((other) => other !== before);
  return replaced({ runs: others }, isAsked, () => run);
}

function refused(state, { id = "", data }) {
  if (isPutOff(data)) {
    return state; // whatever it was, it is sent again
  }
  if (decided(id) !== null) {
    return answered(state, id, { decision: null, problem: data.message });
  }
  const failed = (run) => ({ ...run, status: "failed", error: data, isOver: true, hasHole: false });
  if (isResume(id)) {
    return withRun(state, id.slice(RESUME.length + 1), failed);
  }
  return replaced(state, (run) => run.key === id && run.runId === null, failed);
}

function chosen(run, { callId, decision }) {
  const choice = { decision, isHeard: false, problem: "" };
  return withStep(run, callId, (step) => withChoice(step, choice));
}

/** What the server said to a decision; the events will tell what came of it. */
function answered(state, id, change) {
  const about = decided(id ?? "");
  if (about === null) {
    return state;
  }
  const taken = (run) => withStep(run, about.callId, (step) => withChoice(step, change));
  return withRun(state, about.runId, taken);
}

function withoutHole(run) {
  return { ...run, hasHole: false };
}

/** To be read again from its first event. */
function reopened(run) {
  return { ...run, seq: 0, steps: [], isOver: false };
}

function withQuestion(run, summary) {
  return { ...run, question: summary.input, agent: summary.agent };
}

/** @param {{code: string}} error that will pass: what it answers is sent again */
export function isPutOff({ code }) {
  return code === "unavailable" || code === "rate_limited";
}

/** The server no longer has the events that we lack; this is what it says instead. */
function snapshot(run, summary) {
  const told = { ...described(run, summary), seq: summary.last_seq, texts: [], hasHole: false };
  const notice = { kind: "notice", text: "Some steps before this are no longer stored." };
  const known = new Set(run.steps.map((step) => step.callId));
  const waiting = summary.approvals.filter((call) => !known.has(call.call_id));
  const calls = waiting.map((call) => ({ ...newCall(call), ...asked(call) }));
  return { ...told, isOver: hasEnded(told), steps: [...run.steps, notice, ...calls] };
}

/** The runs of a thread, as REST tells of them. */
function runsIn({ messages, runs }) {
  const summaries = new Map(runs.map((run) => [run.run_id, run]));
  const found = new Map();
  for (const { run_id: runId, role, content } of messages) {
    const summary = summaries.get(runId);
    const run = found.get(runId) ?? fromSummary(runId, summary);
    const text = role === "user" ? { question: content } : { result: content };
    found.set(runId, { ...run, ...text });
  }
  return [...found.values()];
}

function fromSummary(runId, summary) {
  const ended = { key: runId, runId, status: "completed", seq: null, isOver: true };
  if (summary === undefined) {
    return newRun(ended);
  }
  const run = described(newRun(ended), summary);
  return hasEnded(run) ? run : { ...run, seq: 0, isOver: false };
}
