/**
 * Calls that wait for somebody's approval, and what the user of this page decides. Pure functions.
 *
 * @typedef {"approve" | "deny"} Decision
 *
 * @typedef {object} Approval
 * @property {string | null} reason why somebody is asked, if it is not the tool's own wish
 * @property {number} expiresAt seconds since the epoch; then the call counts as denied
 * @property {Decision | null} decision what the user has chosen
 * @property {boolean} isHeard the server has answered, so it need not be said again
 * @property {string} problem why the server did not take it
 */

const DECIDE = "decide."; // begins the id of a decision; the ids of run and call follow

const WORDS = { approve: "approved", deny: "denied" };

/**
 * What changes in a call's step when somebody has to decide on it.
 *
 * @param {{reason?: string, expires_at: number}} data
 */
export function asked({ reason = null, expires_at: expiresAt }) {
  const approval = { reason, expiresAt, decision: null, isHeard: false, problem: "" };
  return { status: "waiting", approval };
}

/** What changes in it when that is done; how the call went is told later. */
export const ANSWERED = Object.freeze({ status: "running", approval: null });

/** @param {{by: string, decision: Decision, reason?: string}} data @param {string} tool */
export function sentence({ by, decision, reason }, tool) {
  const because = reason ? `: ${reason}` : ".";
  return by === "expiry"
    ? `Nobody decided on ${tool} in time.`
    : `${by} ${WORDS[decision]} ${tool}${because}`;
}

/**
 * The step with the user's choice, or with what the server said to it.
 *
 * @param {import("./run.js").Step} step a call
 * @param {Partial<Approval>} change
 */
export function withChoice(step, change) {
  return step.approval === null ? step : { ...step, approval: { ...step.approval, ...change } };
}

/**
 * @param {string} runId
 * @param {string} callId
 * @param {Decision} decision
 */
export function decisionMessage(runId, callId, decision) {
  const id = `${DECIDE}${runId}.${callId}`;
  return { type: "resolve_approval", id, run_id: runId, call_id: callId, decision };
}

/**
 * The messages for all that the user has decided in a run and the server may not have heard.
 *
 * @param {import("./run.js").Run} run
 */
export function decisionMessages(run) {
  const owed = run.steps.filter((step) => step.approval?.decision && !step.approval.isHeard);
  return owed.map((step) => decisionMessage(run.runId, step.callId, step.approval.decision));
}

/**
 * The run and the call that an answer is about; null if it answers no decision.
 *
 * @param {string} id of the message that is answered
 */
export function decided(id) {
  if (!id.startsWith(DECIDE)) {
    return null;
  }
  const [runId, callId] = id.slice(DECIDE.length).split(".");
  return { runId, callId };
}
