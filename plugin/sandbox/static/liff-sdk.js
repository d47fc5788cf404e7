// A stand-in for LINE's LIFF SDK, for pages opened through this sandbox. It keeps the manners
// that matter: init before all else, the secondary redirect out of liff.state, tokens that
// arrive in the fragment of the primary URL, friendship asked in a sub-window.
(function () {
  "use strict";
  const base = document.currentScript.src.replace(/\/liff-sdk\.js.*$/, "");
  const state = { id: null, app: null };
  let ready;
  const whenReady = new Promise((resolve) => { ready = resolve; });

  const failure = (code, message) => Object.assign(new Error(message), { code });
  const kept = (name) => sessionStorage.getItem(`liff:${state.id}:${name}`);
  const keep = (name, value) => sessionStorage.setItem(`liff:${state.id}:${name}`, value);

  function takeFragment() {
    const given = new URLSearchParams(location.hash.slice(1));
    if (!given.get("access_token")) return;
    for (const name of ["access_token", "id_token", "client"]) {
      if (given.get(name)) keep(name, given.get(name));
    }
    history.replaceState(history.state, "", location.pathname + location.search);
  }

  // The addition `/path?k=v` belongs behind the endpoint's own path.
  function secondaryUrl(addition) {
    const target = new URL(state.app.endpoint);
    const added = new URL(addition.replace(/^(?!\/)/, "/"), location.origin);
    if (addition.startsWith("/")) target.pathname = target.pathname.replace(/\/$/, "") + added.pathname;
    added.searchParams.forEach((value, name) => target.searchParams.append(name, value));
    return target.href;
  }

  async function init(options) {
    if (!options || !options.liffId) throw failure("INVALID_CONFIG", "liffId is necessary for liff.init()");
    state.id = options.liffId;
    const answer = await fetch(`${base}/line-access/liff-app/${encodeURIComponent(state.id)}`);
    if (!answer.ok) throw failure("INVALID_ARGUMENT", "The LIFF app was not found.");
    state.app = await answer.json();
    takeFragment();
    const addition = new URLSearchParams(location.search).get("liff.state");
    if (addition) {
      location.replace(secondaryUrl(addition));
      return new Promise(() => {});
    }
    if (options.withLoginOnExternalBrowser && !isLoggedIn()) {
      login({ redirectUri: location.href });
      return new Promise(() => {});
    }
    ready();
  }

  const isLoggedIn = () => Boolean(kept("access_token"));
  const isInClient = () => kept("client") === "line";

  function login(options) {
    const back = (options && options.redirectUri) || state.app.endpoint;
    const query = new URLSearchParams({ redirect_uri: back });
    location.assign(`${base}/line-access/liff-login/${state.id}?${query}`);
  }

  function logout() {
    for (const name of ["access_token", "id_token", "client"]) {
      sessionStorage.removeItem(`liff:${state.id}:${name}`);
    }
  }

  async function ask(path) {
    const headers = { Authorization: `Bearer ${kept("access_token")}` };
    const answer = await fetch(`${base}/line-api${path}`, { headers });
    const body = await answer.json();
    if (!answer.ok) throw failure(answer.status === 401 ? "UNAUTHORIZED" : "FORBIDDEN", body.message);
    return body;
  }

  function getDecodedIDToken() {
    const token = kept("id_token");
    if (!token) return null;
    const part = token.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    const bytes = Uint8Array.from(atob(part), (sign) => sign.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  function requestFriendship() {
    if (!state.app.linked || state.app.view !== "full") {
      return Promise.reject(failure("FORBIDDEN", "needs a linked account and the view size full"));
    }
    const page = window.open(`${base}/line-access/liff-friend/${state.id}`, "liff-friend", "width=420,height=640");
    if (!page) return Promise.reject(failure("FORBIDDEN", "the browser refused the sub-window"));
    return new Promise((resolve) => {
      const timer = setInterval(() => {
        if (page.closed) { clearInterval(timer); resolve(); }
      }, 200);
    });
  }

  function closeWindow() {
    if (isInClient()) location.assign(state.app.phone); else window.close();
  }

  window.liff = {
    get id() { return state.id; },
    ready: whenReady,
    init, isLoggedIn, isInClient, login, logout, closeWindow, requestFriendship, getDecodedIDToken,
    getIDToken: () => kept("id_token"),
    getAccessToken: () => kept("access_token"),
    getProfile: () => ask("/v2/profile"),
    getFriendship: () => ask("/friendship/v1/status"),
    getOS: () => "web",
    getLanguage: () => navigator.language,
    getAppLanguage: () => navigator.language,
    getVersion: () => "2.28.0",
    getLineVersion: () => null,
    openWindow: (options) => window.open(options.url, "_blank", "noopener"),
  };
})();
