/**
 * Which blocks a Markdown text consists of. Pure functions.
 *
 * @typedef {{kind: "heading" | "paragraph" | "list" | "table" | "code", lines: string[]}} Block
 */

export const FENCE = /^ {0,3}(`{3,}|~{3,})/;
export const HEADING = /^ {0,3}(#{1,6})[ \t]+(\S.*)$/;
export const ITEM = /^( *)([-*+]|\d{1,9}[.)])[ \t]+(.*)$/;
const DELIMITER = /^:?-+:?$/;

/**
 * @param {string[]} lines
 * @returns {Block[]}
 */
export function blocksIn(lines) {
  const blocks = [];
  for (let at = 0; at < lines.length; ) {
    if (lines[at].trim() === "") {
      at += 1;
      continue;
    }
    const kind = kindAt(lines, at);
    const end = ENDS[kind](lines, at);
    blocks.push({ kind, lines: lines.slice(at, end) });
    at = end;
  }
  return blocks;
}

function kindAt(lines, at) {
  const line = lines[at];
  if (FENCE.test(line)) {
    return "code";
  }
  if (HEADING.test(line)) {
    return "heading";
  }
  if (ITEM.test(line)) {
    return "list";
  }
  return isTable(lines, at) ? "table" : "paragraph";
}

/** Where each kind of block ends that begins at a line. */
const ENDS = {
  heading: (lines, at) => at + 1,
  code: (lines, at) => {
    const fence = FENCE.exec(lines[at])[1];
    const isEnd = (line) => line.trim().startsWith(fence) && !line.replaceAll(fence[0], "").trim();
    return after(lines, at + 1, (line) => !isEnd(line)) + 1;
  },
  table: (lines, at) => after(lines, at + 2, (line) => line.includes("|")),
  // A blank line may stand between items, and what is indented belongs to the item above it.
  list: (lines, at) => {
    const [, indent, sign] = ITEM.exec(lines[at]);
    const isPart = (line) => isInList(line) && !beginsOther(line, indent, sign);
    return after(lines, at + 1, (line, next = "") => isPart(line.trim() === "" ? next : line));
  },
  paragraph: (lines, at) => {
    let end = at + 1;
    while (end < lines.length && lines[end].trim() !== "" && kindAt(lines, end) === "paragraph") {
      end += 1;
    }
    return end;
  },
};

function isInList(line) {
  return ITEM.test(line) || /^( {2,}|\t)\S/.test(line);
}

/** Whether a list of the other kind, bullets or numbers, begins here at the same level. */
function beginsOther(line, indent, sign) {
  const [, found, other] = ITEM.exec(line) ?? [];
  return other !== undefined && isSibling(found, indent) && isNumber(other) !== isNumber(sign);
}

/**
 * Whether an item stands at the same level as the first item of its list.
 *
 * @param {string} found its indentation
 * @param {string} indent that of the first item
 */
export function isSibling(found, indent) {
  return found.length <= indent.length + 1;
}

/** @param {string} sign of a list's item: a bullet, or a number */
export function isNumber(sign) {
  return /\d/.test(sign);
}

/** The first index from `at` on whose line is no part any more. */
function after(lines, at, isPart) {
  let end = at;
  while (end < lines.length && isPart(lines[end], lines[end + 1])) {
    end += 1;
  }
  return end;
}

function isTable(lines, at) {
  const delimiters = lines[at + 1];
  if (!lines[at].includes("|") || delimiters === undefined || !delimiters.includes("-")) {
    return false;
  }
  const cells = cellsIn(delimiters);
  return cells.length === cellsIn(lines[at]).length && cells.every((cell) => DELIMITER.test(cell));
}

/**
 * The cells of a table's line: `\|` is a pipe in a cell, any other pipe ends the cell.
 *
 * @param {string} line
 * @returns {string[]}
 */
export function cellsIn(line) {
  const cells = [""];
  const text = line.trim();
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === "\\" && text[at + 1] === "|") {
      cells[cells.length - 1] += "|";
      at += 1;
    } else if (text[at] === "|") {
      cells.push("");
    } else {
      cells[cells.length - 1] += text[at];
    }
  }
  const isFramed = text.startsWith("|");
  const isClosed = text.endsWith("|") && !text.endsWith("\\|") && cells.length > 1;
  return cells.slice(isFramed ? 1 : 0, isClosed ? -1 : undefined).map((cell) => cell.trim());
}
