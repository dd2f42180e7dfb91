"use strict";
// One stream of changes for all tabs of this browser: what each of them is told is only that something changed in its
// campaign; it asks for the page itself, as whoever is logged in there may see it.
(function () {
  var STREAM = "/api/v1/changes/stream";
  var AGAIN = 60000; // after the service had no room, or the log-in ended
  var SILENT = 150000; // a tab that has said nothing for so long is gone
  var tabs = new Map(); // port → what it follows, when it was heard last
  var stream = null;
  var open = false;
  var broken = false;
  var again = 0;

  function tell(port, what) { port.postMessage(what); }

  function tellAll(what) { tabs.forEach(function (tab, port) { tell(port, what); }); }

  function state() { return { kind: "state", open: open }; }

  function set(value) {
    if (open !== value) { open = value; tellAll(state()); }
  }

  function heard(event) {
    var data;
    try { data = JSON.parse(event.data).data; } catch (error) { return; }
    tabs.forEach(function (tab, port) {
      if (data.campaign === null || String(data.campaign) === tab.campaign) { tell(port, { kind: "changed" }); }
    });
  }

  function begin() {
    if (stream !== null) { return; }
    again = 0;
    stream = new EventSource(STREAM);
    stream.onopen = function () {
      set(true);
      if (broken) { tellAll({ kind: "changed" }); } // whatever was missed meanwhile
      broken = false;
    };
    stream.onmessage = heard;
    stream.onerror = function () {
      broken = true;
      set(false);
      if (stream !== null && stream.readyState === EventSource.CLOSED) { // refused: the browser tries no more
        stop();
        again = setTimeout(begin, AGAIN);
      }
    };
  }

  function stop() {
    if (stream !== null) { stream.close(); }
    stream = null;
    set(false);
  }

  function forget(port) {
    tabs.delete(port);
    if (tabs.size === 0) {
      clearTimeout(again);
      again = 0;
      stop();
    }
  }

  function sweep() {
    var now = Date.now();
    tabs.forEach(function (tab, port) { if (now - tab.heard > SILENT) { forget(port); } });
  }

  function said(port, what) {
    if (what.kind === "bye") { forget(port); return; }
    var known = tabs.has(port);
    tabs.set(port, { campaign: String(what.campaign), heard: Date.now() });
    if (!known) { tell(port, state()); }
    if (stream === null && !again) { begin(); }
  }

  setInterval(sweep, SILENT);
  self.onconnect = function (event) {
    var port = event.ports[0];
    port.onmessage = function (message) { said(port, message.data); };
    port.start();
  };
})();
