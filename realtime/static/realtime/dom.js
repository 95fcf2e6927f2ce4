/** Making DOM nodes. Text is only ever set as text: nothing here reads HTML. */

/**
 * @param {string} name of the element
 * @param {Record<string, string | boolean>} [attributes] true: present and empty; false: absent
 * @param {...(Node | string | (Node | string)[])} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== false) {
      made.setAttribute(attribute, value === true ? "" : value);
    }
  }
  for (const child of children.flat()) {
    made.append(child); // one by one: there may be more than a call takes arguments
  }
  return made;
}

/**
 * Set the text of a node, unless it is there already: screen readers announce what changes.
 *
 * @param {HTMLElement} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
}

/**
 * Show one node per item, in order. A node whose item is the same object stays as it is.
 *
 * @template {object | string} T
 * @param {HTMLElement} parent
 * @param {T[]} items
 * @param {(item: T) => Node} make
 */
export function showItems(parent, items, make) {
  const shown = SHOWN.get(parent) ?? [];
  items.forEach((item, at) => {
    if (item === shown[at]) {
      return;
    }
    const node = make(item);
    if (at < shown.length) {
      parent.childNodes[at].replaceWith(node);
    } else {
      parent.append(node);
    }
  });
  while (parent.childNodes.length > items.length) {
    parent.lastChild.remove();
  }
  SHOWN.set(parent, items);
}

const SHOWN = new WeakMap(); // the items that `showItems` put into an element
