"use strict";
// Looks again every so many seconds and puts the new content in place. Without it the page refreshes as a whole.
(function () {
  var seconds = Number(document.body.dataset.every);
  var stale = document.getElementById("stale");
  function toToday(box) {
    if (box && box.dataset.today) { box.scrollLeft = box.dataset.today * box.scrollWidth - box.clientWidth / 2; }
  }
  toToday(document.querySelector(".scroll"));
  function later() { window.setTimeout(look, seconds * 1000); }
  function look() {
    if (document.hidden) { later(); return; }
    fetch(window.location.href, { credentials: "same-origin", cache: "no-store" })
      .then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      })
      .then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html");
        var box = document.querySelector(".scroll");
        var left = box ? box.scrollLeft : 0;
        document.getElementById("page").replaceWith(fresh.getElementById("page"));
        box = document.querySelector(".scroll");
        if (box) { box.scrollLeft = left; }
        document.title = fresh.title;
        stale.hidden = true;
      })
      .catch(function () { stale.hidden = false; })
      .then(later);
  }
  if (seconds > 0) { later(); }
})();
