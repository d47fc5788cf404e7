// A personal link whose token stands behind "#" says nothing to the server: bring it in front.
(() => {
  "use strict";
  let hash = location.hash;
  try {
    hash = decodeURIComponent(hash);
  } catch {
    // Escaped by halves; a token has nothing to escape.
  }
  const token = /[A-Za-z0-9_-]{43,}/.exec(hash);
  if (token) location.replace(`${location.pathname}?t=${token[0]}`);
})();
