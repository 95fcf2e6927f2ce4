/**
 * One run as a page knows it, and how each event changes it. Pure functions.
 *
 * @typedef {{kind: "thought", text: string}
 *   | {kind: "tool", callId: string, name: string, parameters: unknown, status: string,
 *      note: string | null, result: unknown, durationMs: number | null, wholeAt: string | null,
 *      approval: import("./approvals.js").Approval | null}
 *   | {kind: "notice", text: string}} Step
 *
 * @typedef {object} Run
 * @property {string} key names the run's card, from the moment the question is asked
 * @property {string | null} runId null until the server has accepted the question
 * @property {string | null} question null for a run that was started elsewhere, until we have asked
 * @property {string | null} agent
 * @property {string} status "sending", or a state of the protocol
 * @property {number} position how many runs of the thread come first
 * @property {number | null} seq of the last event we have; null: it ended before we looked, and its
 *   steps are still on the server only
 * @property {Step[]} steps
 * @property {import("./texts.js").Text[]} texts streaming now
 * @property {string | null} result Markdown
 * @property {{input_tokens: number, output_tokens: number, cost_usd?: string | null} | null} usage
 * @property {number | null} durationMs
 * @property {{code: string, message: string} | null} error
 * @property {boolean} isOver no event will follow
 * @property {boolean} isCancelling the user has asked it to stop
 * @property {boolean} hasHole something is missing: ask the server to resume
 */

import { ANSWERED, asked, sentence } from "./approvals.js";
import { appended, replaced } from "./texts.js";

const TERMINAL = ["completed", "failed", "cancelled"];

/**
 * @param {Partial<Run> & {key: string}} known
 * @returns {Run}
 */
export function newRun(known) {
  return {
    runId: null,
    question: null,
    agent: null,
    status: "sending",
    position: 0,
    seq: 0,
    steps: [],
    texts: [],
    result: null,
    usage: null,
    durationMs: null,
    error: null,
    isOver: false,
    isCancelling: false,
    hasHole: false,
    ...known,
  };
}

/** @param {Run} run */
export function hasEnded(run) {
  return TERMINAL.includes(run.status);
}

/**
 * Whether events of the run are still to come.
 *
 * @param {Run} run
 */
export function isFollowed(run) {
  return run.runId !== null && run.seq !== null && !run.isOver;
}

/**
 * The run with what a REST answer or a snapshot says of it.
 *
 * @param {Run} run
 * @param {object} summary as in `GET /api/runs/{id}`
 * @returns {Run}
 */
export function described(run, summary) {
  const { started_at: started, finished_at: finished } = summary;
  return {
    ...run,
    runId: summary.run_id,
    question: summary.input,
    agent: summary.agent,
    status: summary.status,
    result: summary.result,
    error: summary.error,
    usage: summary.usage,
    durationMs: started !== null && finished !== null ? (finished - started) * 1000 : null,
  };
}

/**
 * The run after a frame of its own: an event, or a piece of text between two events.
 *
 * @param {Run} run
 * @param {object} frame
 * @returns {Run}
 */
export function advanced(run, frame) {
  if ("seq" in frame) {
    return afterEvent(run, frame);
  }
  if (run.seq === null || run.isOver) {
    return run;
  }
  switch (frame.type) {
    case "message_delta":
      return withPiece(run, "message", frame.data);
    case "thinking_delta":
      return withPiece(run, "thinking", frame.data);
    case "message_snapshot":
      return withSnapshot(run, frame.data);
    case "tool_progress":
      return withNote(run, frame.data);
    default:
      return run;
  }
}

function withPiece(run, kind, piece) {
  const texts = appended(run.texts, kind, piece);
  if (texts !== null) {
    return { ...run, texts };
  }
  // Who resumes is sent the message from its beginning; a thought comes whole in its event.
  return kind === "message" ? { ...run, hasHole: true } : run;
}

function withSnapshot(run, { message_id: id, text }) {
  return { ...run, texts: replaced(run.texts, "message", id, text), hasHole: false };
}

function afterEvent(run, event) {
  if (run.seq === null || event.seq <= run.seq) {
    return run; // we have it already
  }
  if (event.seq > run.seq + 1) {
    return { ...run, hasHole: true };
  }
  return { ...changed({ ...run, agent: event.agent }, event.type, event.data), seq: event.seq };
}

/** An event of a type that a newer server knows changes nothing but the position. */
function changed(run, type, data) {
  switch (type) {
    case "agent_started":
      return { ...run, status: moved(run, "running"), position: 0 };
    case "agent_thinking":
      return withThought(run, data);
    case "tool_executing":
      return atWork(withCall(run, data));
    case "tool_completed":
      return atWork(withTool(run, data.call_id, outcome(data)));
    case "approval_required":
      return atWork(withTool(run, data.call_id, asked(data)));
    case "approval_resolved":
      return atWork(withAnswer(run, data));
    case "state_changed":
      return { ...run, status: moved(run, data.to) };
    case "run_resumed":
      return withNotice({ ...run, texts: [] }, data.message);
    case "agent_completed":
    case "agent_error":
    case "agent_cancelled":
      return { ...run, ...ending(type, data), isOver: true, hasHole: false };
    default:
      return run;
  }
}

/** What has ended stays ended, also while its steps are read again. */
function moved(run, status) {
  return hasEnded(run) ? run.status : status;
}

/** The run, which waits if all that its calls do is wait. */
function atWork(run) {
  const states = run.steps.filter((step) => step.kind === "tool").map((step) => step.status);
  const isWaiting = states.includes("waiting") && !states.includes("running");
  return { ...run, status: moved(run, isWaiting ? "waiting_for_approval" : "running") };
}

function withThought(run, { thought, message_id: id }) {
  // What was streamed as thinking is in the event now, and so is the text that it names.
  const texts = run.texts.filter((text) => text.kind === "message" && text.id !== id);
  return { ...run, texts, steps: [...run.steps, { kind: "thought", text: thought }] };
}

function withCall(run, data) {
  // Text of a response that calls a tool is not the answer.
  return { ...run, texts: [], steps: [...run.steps, newCall(data)] };
}

/** @param {{call_id: string, tool_name: string, parameters: unknown, truncated?: boolean}} data */
export function newCall(data) {
  return {
    kind: "tool",
    callId: data.call_id,
    name: data.tool_name,
    parameters: data.parameters,
    status: "running",
    note: null,
    result: null,
    durationMs: null,
    wholeAt: data.truncated ? data.url : null,
    approval: null,
  };
}

function withAnswer(run, data) {
  const call = run.steps.find((step) => step.kind === "tool" && step.callId === data.call_id);
  const told = withNotice(run, sentence(data, call?.name ?? "the call"));
  return withTool(told, data.call_id, ANSWERED);
}

function outcome(data) {
  return {
    status: data.status,
    note: null,
    result: data.result,
    durationMs: data.duration_ms,
    wholeAt: data.truncated ? data.url : null,
    approval: null,
  };
}

function withTool(run, callId, change) {
  return withStep(run, callId, (step) => ({ ...step, ...change }));
}

/**
 * @param {Run} run
 * @param {string} callId
 * @param {(step: Step) => Step} change
 * @returns {Run}
 */
export function withStep(run, callId, change) {
  const steps = run.steps.map((step) => {
    return step.kind === "tool" && step.callId === callId ? change(step) : step;
  });
  return { ...run, steps };
}

/** How far a tool is; a note that comes after the tool's end is no news any more. */
function withNote(run, { call_id: callId, note }) {
  const steps = run.steps.map((step) => {
    const isMeant = step.kind === "tool" && step.callId === callId && step.status === "running";
    return isMeant ? { ...step, note } : step;
  });
  return { ...run, steps };
}

function withNotice(run, text) {
  return { ...run, steps: [...run.steps, { kind: "notice", text }] };
}

function ending(type, data) {
  switch (type) {
    case "agent_completed": {
      const { result, usage, duration_ms: durationMs } = data;
      return { status: "completed", texts: [], result, usage, durationMs };
    }
    case "agent_error":
      return { status: "failed", error: { code: data.code, message: data.message } };
    default:
      return { status: "cancelled" };
  }
}
