/**
 * Lets Swagger UI show its descriptions where a page may not turn text into HTML: plain tags
 * without attributes stay what they are, and everything else is shown as the text it is.
 */

const PLAIN_TAG = /^<\/?(?:blockquote|br|code|em|h[1-6]|li|ol|p|pre|strong|ul)>$/;

window.trustedTypes?.createPolicy("default", {
  createHTML: (text) =>
    text.replace(/<[^>]*>?/g, (tag) => (PLAIN_TAG.test(tag) ? tag : shown(tag))),
});

function shown(text) {
  return text.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
