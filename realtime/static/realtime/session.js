/** Who is signed in: the access token, and REST calls that carry it. */

import { newName } from "./address.js";
import { ApiError, call, isPassing } from "./api.js";
import { delay, persistently } from "./backoff.js";

// Names the log-in in localStorage, where all tabs see it. Its refresh token is in a cookie that no
// script can read; the name tells whether there is one, and when somebody signs in or out elsewhere.
const LOG_IN = "netra.log-in";
// Says that somebody has signed out here and the server could not be told: until it is, the cookie
// would still open the log-in to whoever comes next.
const LOG_OUT = "netra.log-out";
const PAGE_SIZE = 500; // the most that a page of a list may have
const MARGIN_SECONDS = 30; // an access token is not used in the last moments of its life

/**
 * One person's session, shared by the tabs of a browser. The access token is in memory only.
 */
export class Session {
  /** @type {{token: string, expiresAt: number, obtained: number, lifetime: number} | null} */
  #access = null;
  /** @type {Promise<string> | null} */
  #renewal = null;
  #onEnd;

  /** @param {(reason: string) => void} onEnd called when the server no longer knows the session */
  constructor(onEnd) {
    this.#onEnd = onEnd;
    /** @type {{id: number, username: string} | null} */
    this.user = null;
    addEventListener("storage", ({ key }) => {
      if (key === LOG_IN || key === null) {
        location.reload(); // another tab has signed in or out, perhaps as somebody else
      }
    });
    addEventListener("pageshow", ({ persisted }) => {
      if (persisted) {
        location.reload(); // kept by the browser while nobody could tell it of other tabs
      }
    });
    addEventListener("online", () => this.#endOwed().catch(() => {}));
    this.#endOwed().catch(() => {});
  }

  /** @param {string} username a name or an e-mail address @param {string} password */
  async signIn(username, password) {
    await this.#begin("/api/auth/token", { username, password });
  }

  /** @param {string} secret of a one-time link */
  async signInWithLink(secret) {
    await this.#begin("/api/auth/link", { secret });
  }

  /** Set a new password. All other log-ins of the user end; this one is replaced by a new one. */
  async setPassword(password) {
    const body = { new_password: password, cookie: true };
    this.#take(await this.fetch("/api/auth/password", { method: "POST", body }));
    this.#name();
  }

  /** Go on with the session that this browser has; false if there is none. */
  async restore() {
    if (localStorage.getItem(LOG_IN) === null) {
      return false;
    }
    this.user = await persistently(() => this.fetch("/api/auth/me"), isPassing);
    return true;
  }

  /** End the log-in and forget everything, unsent questions too. */
  async signOut() {
    localStorage.setItem(LOG_OUT, "owed");
    this.#forget();
    sessionStorage.clear();
    await this.#endOwed().catch(() => {}); // it is made up for with the next connection
  }

  /**
   * A REST call in the name of the user; a token that was refused is renewed once.
   *
   * @param {string} path
   * @param {{method?: string, body?: object}} [options]
   */
  async fetch(path, options = {}) {
    const token = await this.#token();
    try {
      return await call(path, { ...options, token });
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 401) {
        throw error;
      }
      return call(path, { ...options, token: await this.#renewed(token) });
    }
  }

  /**
   * All pages of a list.
   *
   * @param {string} path
   * @param {Record<string, string>} [filter]
   */
  async fetchAll(path, filter = {}) {
    const results = [];
    for (let page = 1; ; page += 1) {
      const query = new URLSearchParams({ ...filter, page, page_size: PAGE_SIZE });
      const answer = await this.fetch(`${path}?${query}`);
      results.push(...answer.results);
      if (answer.next === null) {
        return results;
      }
    }
  }

  /**
   * An access token that lives longer than one which expires at `expiresAt`.
   *
   * A token is not renewed in the first half of its life: where tokens live shorter than the
   * server's notice, every new one would be announced as expiring at once.
   *
   * @param {number} expiresAt seconds since the epoch, by the server's clock
   */
  async tokenBeyond(expiresAt) {
    const token = await this.#token();
    if (this.#access === null || this.#access.expiresAt > expiresAt) {
      return token;
    }
    await delay(this.#access.obtained + this.#access.lifetime / 2 - Date.now());
    return this.#renewed(token);
  }

  /** Tell the server that somebody has signed out here. */
  async #endOwed() {
    if (localStorage.getItem(LOG_OUT) === null) {
      return;
    }
    try {
      await call("/api/auth/logout", { method: "POST", body: {} });
    } catch (error) {
      if (isPassing(error)) {
        throw error;
      }
    }
    localStorage.removeItem(LOG_OUT);
  }

  async #begin(path, credential) {
    await this.#endOwed(); // now: the next cookie takes the place of the one that can
    const answer = await call(path, { method: "POST", body: { ...credential, cookie: true } });
    this.user = null;
    this.#take(answer);
    this.#name();
    this.user = await this.fetch("/api/auth/me");
  }

  async #token() {
    const access = this.#access;
    if (access === null) {
      return this.#renewed(null);
    }
    const margin = Math.min(MARGIN_SECONDS * 1000, access.lifetime / 4);
    const isFresh = Date.now() < access.obtained + access.lifetime - margin;
    return isFresh ? access.token : this.#renewed(access.token);
  }

  /** The token after `spent`. All who ask at the same time get the same one. */
  async #renewed(spent) {
    if (this.#access !== null && this.#access.token !== spent) {
      return this.#access.token;
    }
    this.#renewal ??= this.#renew().finally(() => {
      this.#renewal = null;
    });
    return this.#renewal;
  }

  async #renew() {
    const logIn = localStorage.getItem(LOG_IN);
    if (logIn === null) {
      throw signedOut();
    }
    const isStillOurs = () => localStorage.getItem(LOG_IN) === logIn;
    let answer;
    try {
      answer = await call("/api/auth/token/refresh", { method: "POST", body: {} });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401 && isStillOurs()) {
        this.#forget();
        this.#onEnd(error.message);
      }
      throw error;
    }
    if (!isStillOurs()) {
      throw signedOut(); // while we asked
    }
    return this.#take(answer);
  }

  /** Tell the other tabs that this is another log-in than theirs. */
  #name() {
    localStorage.setItem(LOG_IN, newName());
  }

  #forget() {
    localStorage.removeItem(LOG_IN);
    this.#access = null;
    this.user = null;
  }

  #take({ access }) {
    const { exp, iat } = claimsIn(access);
    // The clocks of server and browser may differ: only the length of the life is taken over.
    // Both ends are whole seconds, rounded down, so that up to one of them was over at the start.
    const lifetime = (exp - iat - 1) * 1000;
    this.#access = { token: access, expiresAt: exp, obtained: Date.now(), lifetime };
    return access;
  }
}

function signedOut() {
  return new ApiError(401, "signed_out", "You are signed out.");
}

/** What a JWT says; only the server can check it. */
function claimsIn(token) {
  const payload = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(atob(payload));
}
