/** Starts the page: finds out who is there, and opens their conversation. */

import { keepThread, takeLink, threadInAddress } from "./address.js";
import { Chat } from "./chat.js";
import { Session } from "./session.js";
import { View } from "./view.js";

/** @type {Chat | null} */
let chat = null;

const session = new Session(showSignIn);
const view = new View({
  onSignIn: async (login, password) => {
    await session.signIn(login, password);
    openChat();
  },
  onSignOut: () => {
    session.signOut();
    keepThread(null);
    showSignIn();
  },
  onAsk: (question, agent) => chat?.ask(question, agent),
  onCancel: (run) => chat?.cancel(run),
  onOpen: (run) => chat?.openSteps(run),
});

/** @param {string} [notice] what went wrong before, if anything did */
function openChat(notice = "") {
  chat?.close();
  view.showChat(session.user, notice);
  chat = new Chat(session, view, threadInAddress());
}

function showSignIn(reason = "") {
  chat?.close();
  chat = null;
  view.showSignIn(reason);
}

/** Follow what the address says, now and when somebody changes it. */
async function followAddress() {
  let problem = "";
  try {
    const link = takeLink();
    if (link !== null) {
      await session.signInWithLink(link);
    }
  } catch (error) {
    problem = error.message;
  }
  try {
    const isSignedIn = session.user !== null || (await session.restore());
    (isSignedIn ? openChat : showSignIn)(problem);
  } catch (error) {
    showSignIn(error.message);
  }
}

window.addEventListener("hashchange", () => {
  if (chat === null || threadInAddress() !== chat.threadId) {
    followAddress();
  }
});
view.showConnection("connecting");
followAddress();
