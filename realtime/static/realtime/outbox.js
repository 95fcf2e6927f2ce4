/** Questions that the server has not answered for yet. They survive a reload of the page. */

const UNSENT = "netra.unsent"; // in sessionStorage

/**
 * Each message carries its idempotency key, so sending it twice never makes two runs.
 *
 * @typedef {{type: string, id: string, idempotency_key: string, agent: string, input: string,
 *   thread_id: string}} Question
 */
export class Outbox {
  /** @param {number} userId whose questions these are; what somebody else left is dropped */
  constructor(userId) {
    const stored = JSON.parse(sessionStorage.getItem(UNSENT) ?? "null");
    this.userId = userId;
    /** @type {Question[]} oldest first */
    this.questions = stored?.userId === userId ? stored.questions : [];
  }

  /** @param {Question} question */
  add(question) {
    this.questions = [...this.questions, question];
    this.#store();
  }

  /** @param {string | undefined} id of a question that was accepted or refused */
  remove(id) {
    this.questions = this.questions.filter((question) => question.id !== id);
    this.#store();
  }

  #store() {
    const { userId, questions } = this;
    sessionStorage.setItem(UNSENT, JSON.stringify({ userId, questions }));
  }
}
