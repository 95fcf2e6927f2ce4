/** The one WebSocket of a conversation: opened with a ticket, and opened again when it is lost. */

import { backoff } from "./backoff.js";

const RESTARTING = 4012; // the server asks us to come back at once
const NOT_PERMITTED = 4403; // coming back would not help
const LIMITED = [4409, 4429]; // too many sockets, too many messages: to come back soon is no help
const LIMITED_SECONDS = 20;
const QUIET_SECONDS = 30; // of silence; then we ask whether the server is still there
const ANSWER_SECONDS = 10; // for that answer; a browser itself would wait for minutes

/**
 * @typedef {object} Handlers
 * @property {(frame: object) => void} onFrame every frame of the server
 * @property {(state: "connecting" | "connected" | "lost" | "refused") => void} onState
 */
export class Socket {
  #session;
  #handlers;
  #threadId;
  /** @type {WebSocket | null} */
  #socket = null;
  #isWanted = false;
  #isEstablished = false;
  #failures = 0;
  #timer = 0; // of the next try
  #watchdog = 0;
  #tryNow = () => this.#connectNow();

  /**
   * @param {import("./session.js").Session} session
   * @param {string} threadId only its events arrive
   * @param {Handlers} handlers
   */
  constructor(session, threadId, handlers) {
    this.#session = session;
    this.#threadId = threadId;
    this.#handlers = handlers;
  }

  open() {
    this.#isWanted = true;
    window.addEventListener("online", this.#tryNow);
    this.#handlers.onState("connecting");
    this.#connect();
  }

  close() {
    this.#isWanted = false;
    window.removeEventListener("online", this.#tryNow);
    clearTimeout(this.#timer);
    this.#abandon();
  }

  /**
   * @param {object} message
   * @returns {boolean} false if there is no connection now
   */
  send(message) {
    if (!this.#isEstablished) {
      return false;
    }
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  async #connect() {
    const address = await this.#newAddress();
    if (!this.#isWanted || this.#socket !== null) {
      return;
    }
    if (address === null) {
      this.#retry(backoff(this.#failures));
      return;
    }
    const socket = new WebSocket(address);
    this.#socket = socket;
    socket.onmessage = (event) => this.#received(JSON.parse(event.data));
    socket.onclose = (event) => this.#lost(event.code);
    this.#watch();
  }

  /** With a ticket, because a browser cannot send a header, and a token never stands in a URL. */
  async #newAddress() {
    try {
      const { ticket } = await this.#session.fetch("/api/auth/ticket", { method: "POST" });
      const query = new URLSearchParams({ ticket, thread: this.#threadId });
      return `${location.origin.replace(/^http/, "ws")}/ws?${query}`;
    } catch {
      return null; // if the session has ended, somebody closes us
    }
  }

  #received(frame) {
    this.#watch();
    if (frame.type === "connection_established") {
      this.#isEstablished = true;
      this.#failures = 0;
      this.#handlers.onState("connected");
    } else if (frame.type === "token_expiring") {
      this.#authenticate(frame.data.expires_at);
    }
    this.#handlers.onFrame(frame);
  }

  async #authenticate(expiresAt) {
    try {
      this.send({ type: "authenticate", token: await this.#session.tokenBeyond(expiresAt) });
    } catch {
      // Without a newer token the server closes the socket, and we begin anew.
    }
  }

  #lost(code) {
    const isAwaited = code === RESTARTING && this.#isEstablished;
    this.#abandon();
    if (code === NOT_PERMITTED) {
      this.#handlers.onState("refused");
    } else {
      this.#retry(isAwaited ? 0 : pauseAfter(code, this.#failures));
    }
  }

  #retry(milliseconds) {
    if (!this.#isWanted) {
      return;
    }
    this.#failures += 1;
    this.#handlers.onState("lost");
    clearTimeout(this.#timer);
    this.#timer = setTimeout(this.#tryNow, milliseconds);
  }

  #connectNow() {
    clearTimeout(this.#timer);
    if (this.#isWanted && this.#socket === null) {
      this.#connect();
    }
  }

  /** Let go of the present socket without waiting for the other side to agree. */
  #abandon() {
    clearTimeout(this.#watchdog);
    this.#isEstablished = false;
    if (this.#socket !== null) {
      this.#socket.onmessage = this.#socket.onclose = null;
      this.#socket.close();
      this.#socket = null;
    }
  }

  /** Something came: the server is there. Look again later. */
  #watch() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.send({ type: "ping" });
      this.#watchdog = setTimeout(() => this.#lost(0), ANSWER_SECONDS * 1000);
    }, QUIET_SECONDS * 1000);
  }
}

/** @returns {number} milliseconds; not the same for all that were closed together */
function pauseAfter(code, failures) {
  return LIMITED.includes(code) ? LIMITED_SECONDS * (1 + Math.random()) * 1000 : backoff(failures);
}
