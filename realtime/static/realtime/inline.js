/**
 * The inside of a Markdown block as DOM nodes: bold, italic, code, links; the rest stays text.
 *
 * Linear in the length of the text, whatever it is: where a search for the end of something has
 * failed once, it is not made again.
 */

import { element } from "./dom.js";

const PUNCTUATION = /[!-/:-@[-`{-~]/;
const WORD = /[\p{L}\p{N}_]/u;
const SCHEMES = ["http:", "https:"];
const LONGEST_ADDRESS = 2000; // characters; some browsers take no more

/**
 * @param {string} text
 * @param {string[]} [within] what encloses the text; nothing is nested in its own kind
 * @returns {(Node | string)[]}
 */
export function inlineNodes(text, within = []) {
  return new Inline(text, within).read();
}

class Inline {
  #text;
  #within;
  #at = 0;
  #plain = "";
  #nodes = [];
  /** @type {Ticks | null} */
  #ticks = null;
  #endings = new Map(); // where the next ending of a kind is; -1: there is none any more

  constructor(text, within) {
    this.#text = text;
    this.#within = within;
  }

  read() {
    while (this.#at < this.#text.length) {
      const node = this.#special();
      if (node === null) {
        this.#plain += this.#text[this.#at];
        this.#at += 1;
      } else {
        this.#flush();
        this.#nodes.push(node);
      }
    }
    this.#flush();
    return this.#nodes;
  }

  #flush() {
    if (this.#plain !== "") {
      this.#nodes.push(this.#plain);
      this.#plain = "";
    }
  }

  /** What begins here, and moves past it; null if it is plain text. */
  #special() {
    switch (this.#text[this.#at]) {
      case "\\":
        return this.#escaped();
      case "`":
        return this.#code();
      case "*":
      case "_":
        return this.#emphasis();
      case "[":
        return this.#link();
      default:
        return null;
    }
  }

  #escaped() {
    const next = this.#text[this.#at + 1];
    if (next === undefined || !PUNCTUATION.test(next)) {
      return null;
    }
    this.#at += 2;
    return document.createTextNode(next);
  }

  #code() {
    this.#ticks ??= new Ticks(this.#text);
    const at = this.#at;
    const length = this.#ticks.lengthAt.get(at);
    if (length === undefined) {
      return null; // inside of a run that nothing ends
    }
    const end = this.#ticks.next(length, at);
    if (end === undefined) {
      return null;
    }
    this.#at = end + length;
    return element("code", {}, this.#text.slice(at + length, end));
  }

  #emphasis() {
    const text = this.#text;
    const sign = text[this.#at];
    const mark = text[this.#at + 1] === sign ? sign + sign : sign;
    const start = this.#at + mark.length;
    const isInWord = sign === "_" && this.#at > 0 && WORD.test(text[this.#at - 1]);
    if (isInWord || this.#within.includes(mark) || isSpace(text[start])) {
      return null;
    }
    const end = this.#ending(mark, start + 1, (at) => this.#endsEmphasis(mark, at));
    if (end < 0) {
      return null;
    }
    this.#at = end + mark.length;
    const inside = inlineNodes(text.slice(start, end), [...this.#within, mark]);
    return element(mark.length === 2 ? "strong" : "em", {}, inside);
  }

  #endsEmphasis(mark, at) {
    const text = this.#text;
    const sign = mark[0];
    const after = text[at + mark.length];
    if (isSpace(text[at - 1]) || text[at - 1] === "\\") {
      return false;
    }
    if (sign === "_" && after !== undefined && WORD.test(after)) {
      return false;
    }
    // Of `***` the last two end the bold; a single sign next to another is part of a double one.
    return after !== sign && (mark.length === 2 || text[at - 1] !== sign);
  }

  #link() {
    if (this.#within.includes("[") || this.#text[this.#at - 1] === "!") {
      return null; // pictures are not fetched
    }
    const middle = this.#ending("](", this.#at + 1, () => true);
    const end = middle < 0 ? -1 : this.#ending(")", middle + 2, () => true);
    const isTooLong = end - middle > LONGEST_ADDRESS;
    const href = end < 0 || isTooLong ? null : webAddress(this.#text.slice(middle + 2, end));
    if (href === null) {
      return null;
    }
    const inside = inlineNodes(this.#text.slice(this.#at + 1, middle), [...this.#within, "["]);
    this.#at = end + 1;
    return element("a", { href, rel: "noopener noreferrer", target: "_blank" }, inside);
  }

  /** Where `mark` ends something, from `start` on; -1 if nowhere. */
  #ending(mark, start, isValid) {
    const known = this.#endings.get(mark);
    if (known !== undefined && (known < 0 || known >= start)) {
      return known;
    }
    let at = this.#text.indexOf(mark, start);
    while (at >= 0 && !isValid(at)) {
      at = this.#text.indexOf(mark, at + 1);
    }
    this.#endings.set(mark, at);
    return at;
  }
}

/** Where the runs of backticks of a text are. To be asked from its beginning to its end. */
class Ticks {
  #starts = new Map(); // of the runs of each length, the last one first

  constructor(text) {
    this.lengthAt = new Map([...text.matchAll(/`+/g)].map((run) => [run.index, run[0].length]));
    for (const [start, length] of [...this.lengthAt].reverse()) {
      this.#starts.set(length, this.#starts.get(length) ?? []);
      this.#starts.get(length).push(start);
    }
  }

  /** The start of the next run of this length; undefined if there is none. */
  next(length, after) {
    const starts = this.#starts.get(length);
    while (starts.at(-1) <= after) {
      starts.pop();
    }
    return starts.at(-1);
  }
}

function isSpace(character) {
  return character === undefined || character.trim() === "";
}

/** The address if it is one of the web, else null: `javascript:` never becomes a link. */
function webAddress(text) {
  try {
    const url = new URL(text);
    return SCHEMES.includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
