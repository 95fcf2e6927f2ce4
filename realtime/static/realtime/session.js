/** Who is signed in: the tokens, and REST calls that carry them. */

import { ApiError, call, isPassing } from "./api.js";
import { delay, persistently } from "./backoff.js";

const REFRESH = "netra.refresh"; // in sessionStorage: it ends with the tab, and survives a reload
const PAGE_SIZE = 500; // the most that a page of a list may have
const MARGIN_SECONDS = 30; // an access token is not used in the last moments of its life

/**
 * One person's session. The access token is in memory only.
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
  }

  /** @param {string} username a name or an e-mail address @param {string} password */
  async signIn(username, password) {
    const body = { username, password };
    await this.#begin(await call("/api/auth/token", { method: "POST", body }));
  }

  /** @param {string} secret of a one-time link */
  async signInWithLink(secret) {
    await this.#begin(await call("/api/auth/link", { method: "POST", body: { secret } }));
  }

  /** Go on with the session that this tab had before a reload; false if there is none. */
  async restore() {
    if (sessionStorage.getItem(REFRESH) === null) {
      return false;
    }
    this.user = await persistently(() => this.fetch("/api/auth/me"), isPassing);
    return true;
  }

  /** Forget everything, unsent questions too. */
  signOut() {
    this.#forget();
    sessionStorage.clear();
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

  async #begin(pair) {
    this.user = null;
    this.#take(pair);
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
    const refresh = sessionStorage.getItem(REFRESH);
    if (refresh === null) {
      throw signedOut();
    }
    const isStillOurs = () => sessionStorage.getItem(REFRESH) === refresh;
    let pair;
    try {
      pair = await call("/api/auth/token/refresh", { method: "POST", body: { refresh } });
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
    return this.#take(pair);
  }

  #forget() {
    sessionStorage.removeItem(REFRESH);
    this.#access = null;
    this.user = null;
  }

  #take({ access, refresh }) {
    sessionStorage.setItem(REFRESH, refresh);
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
