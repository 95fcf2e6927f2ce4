/**
 * Text that streams in before the event that holds it is stored. Pure functions.
 *
 * Offsets count characters as the server does: code points, not JavaScript's UTF-16 units.
 *
 * @typedef {{id: string, kind: "message" | "thinking", text: string, length: number}} Text
 */

/**
 * The texts with a piece appended; null if pieces before it are missing.
 *
 * @param {Text[]} texts
 * @param {Text["kind"]} kind
 * @param {{message_id: string, offset: number, text: string}} piece
 * @returns {Text[] | null}
 */
export function appended(texts, kind, piece) {
  const known = texts.find((text) => text.id === piece.message_id && text.kind === kind);
  const length = known?.length ?? 0;
  if (piece.offset > length) {
    return null;
  }
  if (piece.offset < length) {
    return texts; // a snapshot held it already
  }
  return replaced(texts, kind, piece.message_id, (known?.text ?? "") + piece.text);
}

/**
 * The texts with the whole of one, as far as it has come.
 *
 * @param {Text[]} texts
 * @param {Text["kind"]} kind
 * @param {string} id
 * @param {string} text
 * @returns {Text[]}
 */
export function replaced(texts, kind, id, text) {
  const others = texts.filter((other) => other.id !== id || other.kind !== kind);
  return [...others, { id, kind, text, length: codePoints(text) }];
}

/** @param {string} text */
function codePoints(text) {
  let count = 0;
  for (const _ of text) {
    count += 1;
  }
  return count;
}
