/** One REST call, without a session. */

/** What the server said when it refused. */
export class ApiError extends Error {
  /**
   * @param {number} status HTTP's
   * @param {string} code the machine's name of the failure
   * @param {string} message a sentence for people
   * @param {Record<string, string[]>} [details] what is wrong with each field
   */
  constructor(status, code, message, details) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/** The server did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("Netra cannot be reached. Check your connection and try again.");
    this.name = "Unreachable";
  }
}

/**
 * Whether the same call may work a little later.
 *
 * @param {unknown} error
 */
export function isPassing(error) {
  const isBusy = error instanceof ApiError && (error.status === 429 || error.status >= 500);
  return isBusy || error instanceof Unreachable;
}

/**
 * The body of the answer. Raises ApiError or Unreachable.
 *
 * @param {string} path
 * @param {{method?: string, body?: object, token?: string}} [options]
 * @returns {Promise<any>}
 */
export async function call(path, { method = "GET", body, token } = {}) {
  const headers = { Accept: "application/json" };
  if (token !== undefined) {
    headers.Authorization = `Bearer ${token}`;
  }
  if (body !== undefined) {
    headers["Content-Type"] = "application/json";
  }
  const options = { method, headers, body: JSON.stringify(body), cache: "no-store" };
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Unreachable();
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) {
    const message = answer?.message ?? `The server answered with status ${response.status}.`;
    throw new ApiError(response.status, answer?.code ?? "error", message, answer?.details);
  }
  return answer;
}
