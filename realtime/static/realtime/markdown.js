/**
 * The Markdown that reports are written in, as DOM nodes and never as HTML: headings, paragraphs,
 * lists, tables, code. Anything else stays text.
 */

import { FENCE, HEADING, ITEM, blocksIn, cellsIn, isNumber, isSibling } from "./blocks.js";
import { element, showItems } from "./dom.js";
import { inlineNodes } from "./inline.js";

const DEEPEST_LIST = 6; // levels; what is nested deeper stays text
const FIRST_HEADING = 3; // the page's own are above it

/**
 * Show `text` in `parent`. Blocks that did not change keep their nodes, so an answer can grow
 * without losing what a reader has selected in it.
 *
 * @param {HTMLElement} parent
 * @param {string} text
 */
export function showMarkdown(parent, text) {
  const blocks = blocksIn(text.split(/\r?\n/));
  const first = blocks.find((block) => block.kind === "heading");
  const place = { depth: 0, top: first === undefined ? 1 : levelOf(first.lines[0]) };
  const sources = blocks.map((block) => [block.kind, ...block.lines].join("\n"));
  showItems(parent, sources, (source) => {
    const [kind, ...lines] = source.split("\n");
    return node({ kind, lines }, place);
  });
}

/**
 * @param {import("./blocks.js").Block} block
 * @param {{depth: number, top: number}} place how many lists it is in, and the level of the
 *   text's first heading: wherever a text begins to count, it comes right below the page's own
 */
function node(block, place) {
  switch (block.kind) {
    case "heading":
      return heading(block.lines[0], place.top);
    case "code":
      return code(block.lines);
    case "table":
      return table(block.lines);
    case "list":
      return place.depth < DEEPEST_LIST ? list(block.lines, place) : paragraph(block.lines);
    default:
      return paragraph(block.lines);
  }
}

function heading(line, top) {
  const level = FIRST_HEADING + Math.max(levelOf(line) - top, 0);
  return element(`h${Math.min(level, 6)}`, {}, inlineNodes(HEADING.exec(line)[2]));
}

function levelOf(line) {
  return HEADING.exec(line)[1].length;
}

function paragraph(lines) {
  return element("p", {}, inlineNodes(joined(lines)));
}

function joined(lines) {
  return lines.map((line) => line.trim()).join("\n");
}

function code(lines) {
  const isClosed = lines.length > 1 && FENCE.test(lines.at(-1));
  const inside = lines.slice(1, isClosed ? -1 : undefined);
  // Can be focused, so that the keyboard can scroll it.
  return element("pre", { tabindex: "0" }, element("code", {}, inside.join("\n")));
}

function list(lines, place) {
  const [, indent, sign] = ITEM.exec(lines[0]);
  const items = itemsIn(lines, indent).map((item) => listItem(item, place));
  if (!isNumber(sign)) {
    return element("ul", {}, items);
  }
  const first = String(parseInt(sign, 10));
  return element("ol", { start: first !== "1" && first }, items);
}

/** The lines of each item, without its sign and its indentation. */
function itemsIn(lines, indent) {
  const items = [];
  for (const line of lines) {
    const found = ITEM.exec(line);
    if (found !== null && isSibling(found[1], indent)) {
      items.push([found[3]]);
    } else {
      items.at(-1).push(unindented(line, indent.length + 2));
    }
  }
  return items;
}

function unindented(line, most) {
  const spaces = line.length - line.trimStart().length;
  return line.slice(Math.min(spaces, most));
}

function listItem(lines, place) {
  const inside = { ...place, depth: place.depth + 1 };
  const parts = blocksIn(lines).map((block, at) => {
    const isBare = at === 0 && block.kind === "paragraph";
    return isBare ? inlineNodes(joined(block.lines)) : node(block, inside);
  });
  return element("li", {}, parts.flat());
}

function table(lines) {
  const names = cellsIn(lines[0]);
  const sides = cellsIn(lines[1]).map(sideOf);
  const row = (name, cells) => {
    // Short rows are not filled up: many columns times many rows would be more than the text is.
    const made = cells.slice(0, names.length).map((cell, column) => {
      const scope = name === "th" && "col";
      return element(name, { class: sides[column], scope }, inlineNodes(cell));
    });
    return element("tr", {}, made);
  };
  const body = lines.slice(2).map((line) => row("td", cellsIn(line)));
  const head = element("thead", {}, row("th", names));
  const made = element("table", {}, head, element("tbody", {}, body));
  // A wide table scrolls by itself, with the keyboard too, and the page does not.
  const attributes = { class: "wide", tabindex: "0", role: "group", "aria-label": "Table" };
  return element("div", attributes, made);
}

function sideOf(delimiter) {
  if (!delimiter.endsWith(":")) {
    return "left";
  }
  return delimiter.startsWith(":") ? "middle" : "right";
}

