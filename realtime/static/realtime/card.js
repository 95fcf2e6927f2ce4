/** A question, and the run that answers it, as an item of the conversation. */

import { element, setText, showItems } from "./dom.js";
import { showMarkdown } from "./markdown.js";
import { hasEnded } from "./run.js";
import { stepItem } from "./steps.js";
import { counted, facts, statusOf } from "./words.js";

const LONG = 500; // characters of a question that may not fit into its box

/**
 * @typedef {object} Actions
 * @property {(run: import("./run.js").Run) => void} onCancel
 * @property {(run: import("./run.js").Run, callId: string,
 *   decision: import("./approvals.js").Decision) => void} onDecide
 * @property {(run: import("./run.js").Run) => void} onOpen the steps of an ended run are wanted
 * @property {(agent: string) => string} titleOf
 */
export class Card {
  #actions;
  /** @type {import("./run.js").Run | null} */
  #run = null;

  /** @param {Actions} actions */
  constructor(actions) {
    this.#actions = actions;
    this.#build();
  }

  #build() {
    this.question = element("p", { class: "question" });
    this.agent = element("h2");
    this.status = element("span", { class: "status" });
    this.cancel = element("button", { type: "button", hidden: true }, "Cancel");
    this.count = element("summary");
    this.steps = element("ol", { "aria-live": "polite", "aria-relevant": "additions" });
    this.thinking = element("p", { class: "thought", hidden: true });
    this.details = element("details", { class: "steps" }, this.count, this.steps, this.thinking);
    this.answer = element("div", { class: "answer", "aria-live": "polite" });
    this.error = element("p", { class: "error", role: "alert", hidden: true });
    this.facts = element("p", { class: "facts" });
    const head = element("header", {}, this.agent, this.status, this.cancel);
    const parts = [head, this.details, this.answer, this.error, this.facts];
    this.article = element("article", {}, ...parts);
    this.node = element("li", {}, this.question, this.article);
    this.cancel.addEventListener("click", () => this.#actions.onCancel(this.#run));
    this.details.addEventListener("toggle", () => this.#toggled());
  }

  /** @param {import("./run.js").Run} run */
  show(run) {
    if (run === this.#run) {
      return;
    }
    const isFirst = this.#run === null;
    this.#run = run;
    if (isFirst) {
      this.details.open = run.seq !== null;
    }
    setText(this.question, run.question ?? "…");
    if (this.question.textContent.length > LONG) {
      this.question.tabIndex = 0; // it scrolls, with the keyboard too
    }
    this.#showHead(run);
    this.#showSteps(run);
    this.#showAnswer(run);
    setText(this.error, run.error?.message ?? "");
    this.error.hidden = run.error === null;
    setText(this.facts, facts(run));
  }

  #showHead(run) {
    const title = this.#actions.titleOf(run.agent ?? "");
    setText(this.agent, title);
    this.article.setAttribute("aria-label", title);
    this.article.dataset.status = run.status;
    setText(this.status, statusOf(run));
    this.cancel.hidden = run.runId === null || run.isCancelling || hasEnded(run);
  }

  #showSteps(run) {
    const thinking = run.texts.find((text) => text.kind === "thinking");
    showItems(this.steps, run.steps, (step) => {
      return stepItem(step, (decision) => this.#actions.onDecide(this.#run, step.callId, decision));
    });
    setText(this.thinking, thinking?.text ?? "");
    this.thinking.hidden = thinking === undefined;
    setText(this.count, run.seq === null ? "Steps" : counted(run.steps.length, "step"));
    const isReadAgain = hasEnded(run) && !run.isOver;
    const isEmpty = run.seq !== null && run.steps.length === 0 && thinking === undefined;
    this.details.hidden = isEmpty && !isReadAgain;
  }

  #showAnswer(run) {
    const streaming = run.texts.findLast((text) => text.kind === "message");
    // Screen readers wait for the end of a text that is being changed.
    this.answer.setAttribute("aria-busy", String(!hasEnded(run)));
    showMarkdown(this.answer, run.result ?? streaming?.text ?? "");
  }

  #toggled() {
    if (this.details.open && this.#run.seq === null) {
      this.#actions.onOpen(this.#run);
    }
  }
}
