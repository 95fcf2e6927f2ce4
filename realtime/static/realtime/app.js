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
  onSignOut: async () => {
    const ended = session.signOut();
    keepThread(null);
    showSignIn();
    await ended;
  },
  onPassword: async (password) => {
    await session.setPassword(password);
    openChat();
  },
  onKeepPassword: () => openChat(),
  onAsk: (question, agent) => chat?.ask(question, agent),
  onCancel: (run) => chat?.cancel(run),
  onDecide: (run, callId, decision) => chat?.decide(run, callId, decision),
  onOpen: (run) => chat?.openSteps(run),
});

/** @param {string} [notice] what went wrong before, if anything did */
function openChat(notice = "") {
  chat?.close();
  view.showChat(session.user, notice);
  chat = new Chat(session, view, threadInAddress());
}

function closeChat() {
  chat?.close();
  chat = null;
}

function showSignIn(reason = "") {
  closeChat();
  view.showSignIn(reason);
}

/** Follow what the address says, now and when somebody changes it. */
async function followAddress() {
  let problem = "";
  try {
    const link = takeLink();
    if (link !== null) {
      await session.signInWithLink(link.secret);
    }
    if (link?.step === "reset") {
      closeChat();
      view.showNewPassword(session.user);
      return;
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
