// Inside the home page's frames the page is alone: no navigation of its own.
if (window.self !== window.top) document.documentElement.classList.add("framed");
