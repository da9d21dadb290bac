// The buttons of the theme's header, which carry no handlers of their own on the page.
"use strict";

for (const [name, act] of [["fullscreen", () => toggleFullScreen()], ["download-pdf", () => print()]]) {
  for (const button of document.querySelectorAll(`.btn-${name}-button`)) {
    button.addEventListener("click", act);
  }
}
