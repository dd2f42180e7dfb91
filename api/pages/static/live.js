"use strict";
// Puts what is new in place: when the stream says that something changed, and every so many seconds where there is no
// stream. Only the parts marked data-live are renewed (the whole page where there is none), and none of them while
// somebody types, has something open or marks text in it. Without scripts the page refreshes as a whole.
(function () {
  var body = document.body;
  var seconds = Number(body.dataset.every);
  var stale = document.getElementById("stale");
  var OWN = 12; // so many times rarer it looks by the clock alone while a stream tells of changes
  var REST = 3000; // milliseconds at least between two looks that changes ask for
  var timer = 0;
  var soon = 0;
  var began = 0;
  var looking = false;
  var missed = false;
  var streaming = false;

  function toToday(box) {
    if (box && box.dataset.today) { box.scrollLeft = box.dataset.today * box.scrollWidth - box.clientWidth / 2; }
  }

  // -- what must not be touched -----------------------------------------------------------------------

  function typed(field) {
    if (field.type === "checkbox" || field.type === "radio") { return field.checked !== field.defaultChecked; }
    if (field.tagName === "SELECT") {
      return Array.from(field.options).some(function (one) { return one.selected !== one.defaultSelected; })
        && !(field.selectedIndex === 0 && !field.querySelector("[selected]"));
    }
    if (field.type === "file") { return field.files.length > 0; }
    return field.type !== "hidden" && field.value !== field.defaultValue;
  }

  function marked(part) {
    var chosen = window.getSelection();
    return chosen !== null && !chosen.isCollapsed && part.contains(chosen.anchorNode);
  }

  function busy(part) {
    var here = document.activeElement;
    if (here && part.contains(here) && here.matches("input, select, textarea")) { return true; }
    if (part.querySelector("details[open] form, .htmx-request")) { return true; }
    return marked(part) || Array.from(part.querySelectorAll("input, select, textarea")).some(typed);
  }

  // -- putting in place -------------------------------------------------------------------------------

  function scrolled(part) {
    return Array.from(part.querySelectorAll(".scroll, .wide")).map(function (box) { return box.scrollLeft; });
  }

  function focusOf(part) {
    var here = document.activeElement;
    if (!here || !part.contains(here)) { return ""; }
    if (here.id) { return "[id=\"" + CSS.escape(here.id) + "\"]"; }
    return here.getAttribute("href") ? "a[href=\"" + CSS.escape(here.getAttribute("href")) + "\"]" : "";
  }

  function renew(part, fresh) {
    var found = fresh.getElementById(part.id);
    if (!found || found.outerHTML === part.outerHTML) { return; }
    var left = scrolled(part);
    var focus = focusOf(part);
    part.replaceWith(found);
    found.querySelectorAll(".scroll, .wide").forEach(function (box, place) { box.scrollLeft = left[place] || 0; });
    if (focus && found.querySelector(focus)) { found.querySelector(focus).focus({ preventScroll: true }); }
    if (window.htmx) { window.htmx.process(found); }
  }

  function put(text) {
    var fresh = new DOMParser().parseFromString(text, "text/html");
    var parts = Array.from(document.querySelectorAll("[data-live]"));
    if (!parts.some(function (one) { return one.id !== "clock"; })) { parts = [document.getElementById("page")]; }
    parts.filter(function (one) { return !busy(one); }).forEach(function (one) { renew(one, fresh); });
    document.title = fresh.title;
  }

  // -- looking ----------------------------------------------------------------------------------------

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(look, seconds * 1000 * (streaming ? OWN : 1));
  }

  function look() {
    if (document.hidden || looking) { missed = true; later(); return; }
    var asked = window.location.href;
    looking = true;
    missed = false;
    began = Date.now();
    fetch(asked, { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) {
        if (!answer.ok || answer.redirected) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (text) {
        if (window.location.href === asked) { put(text); }
        stale.hidden = true;
      })
      .catch(function () { stale.hidden = false; })
      .then(function () {
        looking = false;
        later();
        if (missed && !document.hidden) { changed(); }
      });
  }

  function changed() {
    missed = true;
    if (document.hidden || soon) { return; }
    var rest = Math.max(0, began + REST - Date.now()) + Math.random() * 700; // many tabs, not all at once
    soon = window.setTimeout(function () { soon = 0; look(); }, rest);
  }

  document.addEventListener("visibilitychange", function () {
    if (!document.hidden && missed) { changed(); }
  });

  // -- one stream for all tabs ------------------------------------------------------------------------

  function follow() {
    if (!body.dataset.worker || typeof SharedWorker === "undefined") { return; }
    var port = new SharedWorker(body.dataset.worker, "duban").port;
    function here() { port.postMessage({ kind: "here", campaign: body.dataset.campaign }); }
    port.onmessage = function (message) {
      if (message.data.kind === "changed") { changed(); return; }
      streaming = message.data.open;
      body.dataset.streaming = streaming ? "yes" : "no";
      if (!streaming) { later(); } // else one look more by the clock, for what came before the stream was open
    };
    port.start();
    here();
    window.setInterval(here, 30000);
    window.addEventListener("pagehide", function () { port.postMessage({ kind: "bye" }); });
    window.addEventListener("pageshow", function (event) { if (event.persisted) { here(); } });
  }

  toToday(document.querySelector(".scroll"));
  if (seconds > 0) { later(); follow(); }
})();
