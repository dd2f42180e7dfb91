"use strict";
// Deciding in a row: what was refused is put in place like what went well; keys lead on while one is in the thing itself.
(function () {
  var TYPING = /^(INPUT|TEXTAREA|SELECT)$/;
  function hints() {
    document.querySelectorAll("[data-keys-hint]").forEach(function (one) { one.hidden = false; });
  }
  function wanted(box, key) {
    return key === "t" ? box.querySelector("textarea[name=reason]") : box.querySelector('[data-key="' + key + '"]');
  }
  document.addEventListener("htmx:beforeSwap", function (event) {
    if (event.target.id === "content") { event.detail.shouldSwap = true; event.detail.isError = false; }
  });
  function cutOff(is) { document.getElementById("stale").hidden = !is; }
  document.addEventListener("htmx:sendError", function () { cutOff(true); });
  document.addEventListener("htmx:afterSettle", function () { cutOff(false); hints(); });
  document.addEventListener("keydown", function (event) {
    var at = event.target, box = at.closest ? at.closest("[data-keys]") : null;
    var key = event.key.toLowerCase();
    if (!box || TYPING.test(at.tagName) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) { return; }
    if (key !== "y" && key !== "t" && key !== "n") { return; }
    var found = wanted(box, key);
    if (!found) { return; }
    event.preventDefault();
    if (found.tagName === "A") { found.click(); } else { found.focus(); }
  });
  hints();
}());
