/** One conversation of a user who is signed in: what arrives, what is asked, what is shown. */

import { isPassing } from "./api.js";
import { keepThread, newName } from "./address.js";
import { persistently } from "./backoff.js";
import { decisionMessage } from "./approvals.js";
import { Outbox } from "./outbox.js";
import {
  NOTHING,
  cancelMessage,
  isPutOff,
  isResume,
  owedMessages,
  reduce,
  resumeMessage,
  resumeMessages,
} from "./runs.js";
import { Socket } from "./socket.js";
import { upload } from "./words.js";

const PAUSE_SECONDS = 1; // between two tries to fill the same hole, or to send what was put off

export class Chat {
  #session;
  #view;
  #state = NOTHING;
  #outbox;
  #socket;
  #isOpen = true;
  #hasRoom = true;
  #mustResume = false; // the server may not know which runs we follow, and from where
  #pauses = new Map();
  #described = new Set(); // runs whose question we have asked for

  /**
   * @param {import("./session.js").Session} session
   * @param {import("./view.js").View} view
   * @param {string | null} threadId null: a new thread, named in the address when it is used
   */
  constructor(session, view, threadId) {
    this.#session = session;
    this.#view = view;
    this.threadId = threadId ?? newName();
    this.#outbox = new Outbox(session.user.id);
    this.#socket = new Socket(session, this.threadId, {
      onFrame: (frame) => this.#received(frame),
      onState: (state) => view.showConnection(state),
    });
    this.#open(threadId !== null);
  }

  close() {
    this.#isOpen = false;
    this.#socket.close();
    this.#pauses.forEach(clearTimeout);
  }

  /** @param {string} question @param {string} agent */
  ask(question, agent) {
    const id = newName();
    const message = {
      type: "execute_agent",
      id,
      idempotency_key: id,
      agent,
      input: question,
      thread_id: this.threadId,
    };
    keepThread(this.threadId);
    this.#outbox.add(message);
    this.#view.showNotice("");
    this.#asked(message);
    this.#socket.send(message);
  }

  /** @param {import("./run.js").Run} run */
  cancel(run) {
    this.#change({ type: "page.cancelling", data: { key: run.key } });
    this.#socket.send(cancelMessage(run));
  }

  /**
   * @param {import("./run.js").Run} run
   * @param {string} callId of a call that waits for approval
   * @param {import("./approvals.js").Decision} decision
   */
  decide(run, callId, decision) {
    this.#change({ type: "page.decided", data: { key: run.key, callId, decision } });
    this.#socket.send(decisionMessage(run.runId, callId, decision));
  }

  /** @param {import("./run.js").Run} run an ended one, whose steps are to be shown */
  openSteps(run) {
    this.#change({ type: "page.opened", data: { key: run.key } });
    this.#socket.send(resumeMessage({ ...run, seq: 0 }));
  }

  async #open(isKnown) {
    this.#view.showConnection("connecting");
    const unsent = this.#outbox.questions.filter((message) => message.thread_id === this.threadId);
    unsent.forEach((message) => this.#asked(message));
    try {
      await this.#load(isKnown);
    } catch (error) {
      if (this.#isOpen) {
        this.#view.showNotice(error.message);
      }
    }
    if (this.#isOpen) {
      this.#socket.open();
    }
  }

  /** What was said before; a thread that the server does not know is a new one. */
  async #load(isKnown) {
    const agents = await this.#persistently(() => this.#session.fetchAll("/api/agents"));
    if (!this.#isOpen) {
      return;
    }
    this.#view.showAgents(agents);
    if (!isKnown) {
      return;
    }
    const path = `/api/threads/${this.threadId}/messages`;
    const messages = await this.#persistently(() => this.#session.fetchAll(path));
    const filter = { thread_id: this.threadId };
    const runs = await this.#persistently(() => this.#session.fetchAll("/api/runs", filter));
    this.#change({ type: "page.loaded", data: { messages, runs } });
    const last = this.#state.runs.at(-1);
    if (last !== undefined) {
      this.#view.chooseAgent(last.agent);
    }
  }

  #persistently(work) {
    const isWorthIt = (error) => this.#isOpen && isPassing(error);
    return persistently(work, isWorthIt);
  }

  // --- what arrives ------------------------------------------------------------------------------

  #received(frame) {
    const before = this.#state;
    this.#change(frame);
    switch (frame.type) {
      case "connection_established":
        this.#noteRoom(true);
        this.#mustResume = true;
        this.#sendWhatIsOwed();
        break;
      case "run_accepted":
        this.#outbox.remove(frame.id);
        break;
      case "error":
        this.#refused(frame, this.#state !== before);
        break;
      case "dataset_progress":
      case "dataset_ready":
      case "dataset_failed":
        this.#view.showUpload(upload(frame));
        break;
    }
  }

  #refused({ id, data }, isShown) {
    if (data.code === "authentication_failed") {
      return; // the socket closes now, and the session finds out whether it has ended
    }
    if (isPutOff(data)) {
      this.#mustResume ||= isResume(id);
      const seconds = Math.max(data.details?.retry_after ?? 0, PAUSE_SECONDS);
      this.#afterPause("owed", () => this.#sendWhatIsOwed(), seconds);
      return;
    }
    if (data.code === "too_many_sockets") {
      this.#noteRoom(false);
    }
    this.#outbox.remove(id);
    if (!isShown) {
      this.#view.showNotice(data.message);
    }
  }

  /** Whether there is room for our socket; that there was none is no longer true when there is. */
  #noteRoom(hasRoom) {
    if (hasRoom && !this.#hasRoom) {
      this.#view.showNotice("");
    }
    this.#hasRoom = hasRoom;
  }

  /** What the user asked for and the server may not have heard; saying it twice does no harm. */
  #sendWhatIsOwed() {
    const resumes = this.#mustResume ? resumeMessages(this.#state, this.threadId) : [];
    const owed = [...resumes, ...owedMessages(this.#state), ...this.#outbox.questions];
    this.#mustResume = false;
    owed.forEach((message) => this.#socket.send(message));
  }

  #asked({ id, input, agent }) {
    this.#change({ type: "page.asked", data: { key: id, question: input, agent } });
  }

  // --- the state ---------------------------------------------------------------------------------

  #change(frame) {
    const state = reduce(this.#state, frame);
    if (!this.#isOpen || state === this.#state) {
      return;
    }
    this.#state = state;
    this.#view.show(state);
    for (const run of state.runs) {
      if (run.hasHole) {
        this.#afterPause(run.runId, () => this.#fill(run.runId));
      }
      if (run.question === null && !this.#described.has(run.runId)) {
        this.#described.add(run.runId);
        this.#describe(run.runId);
      }
    }
  }

  #fill(runId) {
    const run = this.#state.runs.find((one) => one.runId === runId);
    if (run?.hasHole) {
      this.#socket.send(resumeMessage(run));
      this.#afterPause(runId, () => this.#fill(runId)); // if this one is not answered
    }
  }

  /** A run that was started elsewhere: its events do not hold the question. */
  async #describe(runId) {
    try {
      const run = await this.#persistently(() => this.#session.fetch(`/api/runs/${runId}`));
      this.#change({ type: "page.described", data: { run } });
    } catch {
      // It is gone, or we are: there is nothing to describe.
    }
  }

  /** Do something a little later, and until then not ask for it again. */
  #afterPause(name, work, seconds = PAUSE_SECONDS) {
    if (!this.#pauses.has(name)) {
      const done = () => {
        this.#pauses.delete(name);
        work();
      };
      this.#pauses.set(name, setTimeout(done, seconds * 1000));
    }
  }
}
