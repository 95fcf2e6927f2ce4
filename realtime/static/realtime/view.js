/** The page: shows a state, and says what the user does. Its elements are in the template. */

import { Card } from "./card.js";
import { element, setText } from "./dom.js";

const CONNECTION = {
  connecting: "Connecting…",
  connected: "Connected",
  lost: "No connection. Trying again…",
  refused: "This page may not connect here.",
};
const NEAR_END = 120; // pixels from the end of the page; who reads further up is not moved

const UPLOAD_SECONDS = 15; // after which a line on an upload is old

const find = (id) => document.getElementById(id);

/** What an error says, field by field if it does. */
function explanationOf(error) {
  const details = Object.values(error.details ?? {}).flat();
  return [error.message, ...details].join(" ");
}

export class View {
  /** @type {Map<string, Card>} */
  #cards = new Map();
  #agents = new Map();
  #state = null;
  #frame = 0;
  #uploadTimer = 0;

  /**
   * @param {object} actions
   * @param {(login: string, password: string) => Promise<void>} actions.onSignIn
   * @param {() => Promise<void>} actions.onSignOut
   * @param {(password: string) => Promise<void>} actions.onPassword
   * @param {() => void} actions.onKeepPassword
   * @param {(question: string, agent: string) => void} actions.onAsk
   * @param {(run: import("./run.js").Run) => void} actions.onCancel
   * @param {import("./card.js").Actions["onDecide"]} actions.onDecide
   * @param {(run: import("./run.js").Run) => void} actions.onOpen
   */
  constructor(actions) {
    this.actions = actions;
    find("sign-in").addEventListener("submit", (event) => this.#signIn(event));
    find("sign-out").addEventListener("click", () => actions.onSignOut());
    find("new-password").addEventListener("submit", (event) => this.#setPassword(event));
    find("keep-password").addEventListener("click", () => actions.onKeepPassword());
    find("composer").addEventListener("submit", (event) => this.#ask(event));
    find("question").addEventListener("keydown", (event) => this.#pressed(event));
  }

  // --- signing in --------------------------------------------------------------------------------

  /** @param {string} reason why, if there is something to say */
  showSignIn(reason = "") {
    this.#clear();
    find("chat").hidden = find("sign-out").hidden = find("new-password").hidden = true;
    find("sign-in").hidden = false;
    setText(find("user"), "");
    setText(find("connection"), "");
    this.#showProblem("sign-in-problem", reason);
    find("login").focus();
  }

  /** Ask who has come by a link for a new password. @param {{username: string}} user */
  showNewPassword(user) {
    this.#clear();
    find("chat").hidden = find("sign-in").hidden = true;
    find("new-password").hidden = find("sign-out").hidden = false;
    setText(find("user"), user.username);
    setText(find("connection"), "");
    find("chosen-password").focus();
  }

  #signIn(event) {
    const send = () => this.actions.onSignIn(find("login").value, find("password").value);
    return this.#submit(event, find("password"), send);
  }

  #setPassword(event) {
    const field = find("chosen-password");
    return this.#submit(event, field, () => this.actions.onPassword(field.value));
  }

  /** Send a form; what is wrong is shown in it, and `field` is there to be corrected. */
  async #submit(event, field, send) {
    event.preventDefault();
    const form = event.target;
    const problem = form.querySelector(".problem").id;
    const button = form.querySelector("button:not([type])");
    button.disabled = true;
    this.#showProblem(problem, "");
    try {
      await send();
      form.reset();
    } catch (error) {
      this.#showProblem(problem, explanationOf(error));
      field.select();
    } finally {
      button.disabled = false;
    }
  }

  // --- the chat ----------------------------------------------------------------------------------

  /** @param {{username: string}} user @param {string} notice */
  showChat(user, notice) {
    this.#clear();
    find("sign-in").hidden = find("new-password").hidden = true;
    find("chat").hidden = find("sign-out").hidden = false;
    setText(find("user"), user.username);
    this.showNotice(notice);
    find("question").focus();
  }

  /** @param {keyof typeof CONNECTION} state */
  showConnection(state) {
    setText(find("connection"), CONNECTION[state]);
    find("connection").dataset.state = state;
  }

  /** @param {string} text something went wrong that belongs to no run; "": nothing any more */
  showNotice(text) {
    this.#showProblem("notice", text);
  }

  /** @param {string} text how far an upload is; shown for a while, since its end may be lost */
  showUpload(text) {
    clearTimeout(this.#uploadTimer);
    setText(find("upload"), text);
    find("upload").hidden = text === "";
    if (text !== "") {
      this.#uploadTimer = setTimeout(() => this.showUpload(""), UPLOAD_SECONDS * 1000);
    }
  }

  /** @param {{name: string, title: string, description: string, is_default: boolean}[]} agents */
  showAgents(agents) {
    this.#agents = new Map(agents.map((agent) => [agent.name, agent]));
    const options = agents.map(({ name, title, description, is_default: isDefault }) => {
      return element("option", { value: name, title: description, selected: isDefault }, title);
    });
    find("agent").replaceChildren(...options);
  }

  /** @param {string} name of the agent that the next question goes to */
  chooseAgent(name) {
    if (this.#agents.has(name)) {
      find("agent").value = name;
    }
  }

  /** @param {import("./runs.js").State} state drawn with the next frame of the screen */
  show(state) {
    this.#state = state;
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    const { runs } = this.#state;
    const page = document.scrollingElement;
    const isAtEnd = page.scrollHeight - page.clientHeight - page.scrollTop < NEAR_END;
    const hadFocus = document.activeElement ?? document.body;
    this.#dropCards(new Set(runs.map((run) => run.key)));
    runs.forEach((run, at) => this.#drawRun(run, at));
    find("empty").hidden = runs.length > 0;
    if (!hadFocus.checkVisibility()) {
      find("question").focus(); // the button that had it is gone
    }
    if (isAtEnd) {
      page.scrollTop = page.scrollHeight;
    }
  }

  #drawRun(run, at) {
    const list = find("conversation");
    if (!this.#cards.has(run.key)) {
      const { onCancel, onDecide, onOpen } = this.actions;
      const titleOf = (name) => this.#agents.get(name)?.title ?? name;
      this.#cards.set(run.key, new Card({ onCancel, onDecide, onOpen, titleOf }));
    }
    const card = this.#cards.get(run.key);
    card.show(run);
    if (list.children[at] !== card.node) {
      list.insertBefore(card.node, list.children[at] ?? null);
    }
  }

  #dropCards(keys) {
    for (const [key, card] of this.#cards) {
      if (!keys.has(key)) {
        card.node.remove();
        this.#cards.delete(key);
      }
    }
  }

  #clear() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#dropCards(new Set());
    this.showUpload("");
  }

  #ask(event) {
    event.preventDefault();
    const question = find("question").value.trim();
    if (question !== "") {
      document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
      this.actions.onAsk(question, find("agent").value);
      find("question").value = "";
    }
    find("question").focus();
  }

  /** Enter sends, with Shift it makes a new line; an input method's own Enter does neither. */
  #pressed(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      find("composer").requestSubmit();
    }
  }

  #showProblem(id, text) {
    setText(find(id), text);
    find(id).hidden = text === "";
  }
}
