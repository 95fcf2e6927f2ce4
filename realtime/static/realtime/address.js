/** What the address bar says behind its #: a one-time link, and the thread of this page. */

const THREAD = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * What a one-time link is for, and its secret; null if there is none.
 *
 * It is out of the address bar and the history at once.
 *
 * @returns {{step: "link" | "reset", secret: string} | null}
 */
export function takeLink() {
  const fields = fieldsInAddress();
  const step = ["link", "reset"].find((name) => fields.has(name));
  if (step === undefined) {
    return null;
  }
  const secret = fields.get(step);
  fields.delete(step);
  replace(fields);
  return { step, secret };
}

/** The thread that the address names, or null. */
export function threadInAddress() {
  const thread = fieldsInAddress().get("thread");
  return thread !== null && THREAD.test(thread) ? thread : null;
}

/**
 * Name the thread in the address, so that a reload continues it.
 *
 * @param {string | null} thread null: name none
 */
export function keepThread(thread) {
  replace(new URLSearchParams(thread === null ? {} : { thread }));
}

/** A name that nothing else has. `crypto.randomUUID` would need HTTPS or localhost. */
export function newName() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function fieldsInAddress() {
  return new URLSearchParams(location.hash.slice(1));
}

function replace(fields) {
  const hash = fields.size ? `#${fields}` : "";
  history.replaceState(null, "", `${location.pathname}${location.search}${hash}`);
}
