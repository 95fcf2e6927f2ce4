/** How long to wait before trying again, and trying until it works. */

const FIRST_SECONDS = 0.3; // a server that restarts is often back within one second
const LONGEST_SECONDS = 10;

/**
 * Doubles with each failure. Half of it is chance: after a restart not all come back at once.
 *
 * @param {number} failures how many tries have failed in a row, from 0
 * @returns {number} milliseconds
 */
export function backoff(failures) {
  const longest = Math.min(FIRST_SECONDS * 2 ** failures, LONGEST_SECONDS);
  return longest * (0.5 + Math.random() / 2) * 1000;
}

/** @param {number} milliseconds */
export function delay(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/**
 * The result of `work`, tried again for as long as its error is a passing one.
 *
 * @template T
 * @param {() => Promise<T>} work
 * @param {(error: unknown) => boolean} isPassing
 * @returns {Promise<T>}
 */
export async function persistently(work, isPassing) {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isPassing(error)) {
        throw error;
      }
      await delay(backoff(failures));
    }
  }
}
