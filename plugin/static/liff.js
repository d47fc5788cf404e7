// The friend's way in through LINE's own browser: LINE's tokens go to Musubi, which has LINE verify
// them. The server has put what the address says into the page already, out of the path or out of
// `liff.state`, so nothing is lost whichever of LINE's redirects this is.
(() => {
  "use strict";
  const form = document.getElementById("liff");
  const told = form.dataset;
  const RENEWED = "musubi-liff-renewed";

  function show(step) {
    document.querySelectorAll("[data-step]").forEach((part) => {
      part.hidden = part.dataset.step !== step;
    });
  }

  // An ID token lives an hour, but LINE may bring a page back that was opened twelve hours ago.
  function isStale() {
    const claims = liff.getDecodedIDToken();
    return !liff.getIDToken() || !claims || claims.exp * 1000 < Date.now() + 60000;
  }

  // Once only: a clock that is wrong would send the friend round and round.
  function renew() {
    if (sessionStorage.getItem(RENEWED)) {
      show("failed");
      return;
    }
    sessionStorage.setItem(RENEWED, "yes");
    liff.logout();
    if (liff.isInClient()) location.replace(told.liffUrl);
    else liff.login({ redirectUri: told.address });
  }

  // undefined: the Login channel is linked with no account, so nobody can say.
  async function isFriend() {
    try {
      return (await liff.getFriendship()).friendFlag;
    } catch {
      return undefined;
    }
  }

  function send() {
    show("wait");
    form.elements.id_token.value = liff.getIDToken();
    form.elements.access_token.value = liff.getAccessToken() || "";
    form.submit();
  }

  async function add() {
    try {
      await liff.requestFriendship();
    } catch {
      // Not possible here; the last page has a link for it.
    }
    send();
  }

  async function start() {
    await liff.init({ liffId: told.liffId });
    if (!liff.isLoggedIn()) {
      liff.login({ redirectUri: told.address });
    } else if (isStale()) {
      renew();
    } else {
      sessionStorage.removeItem(RENEWED);
      if ((await isFriend()) === false) show("friend");
      else send();
    }
  }

  document.getElementById("liff-add").addEventListener("click", add);
  document.getElementById("liff-skip").addEventListener("click", send);
  if (window.liff) start().catch(() => show("failed"));
  else show("failed");
})();
