/* The queue of what the citizen sends: in order, once each, kept until the server has it.
   Must not draw anything: it tells its listener. Words stay in this tab (sessionStorage) until sent. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var KEY = "sotong-outbox";
  var TEXT_TIMEOUT = 30000;
  var PHOTO_TIMEOUT = 180000;
  var WAITS = [2, 4, 8, 15, 30];

  /* on(item) after each change of item.state: queued | sending | waiting | sent | failed | gone. */
  Sotong.Outbox = function (on) {
    this.on = on;
    this.items = [];
    this.busy = false;
    this.timer = null;
    this.failures = 0;
    this.askedForCookie = false;
  };

  Sotong.Outbox.prototype.keep = function () {
    var kept = [];
    var i;
    for (i = 0; i < this.items.length; i += 1) {
      var item = this.items[i];
      kept.push({
        external_id: item.external_id, kind: item.kind, text: item.text, choice: item.choice,
        location: item.location, state: item.state === "failed" ? "failed" : "queued", problem: item.problem
      });
    }
    try {
      if (kept.length) { sessionStorage.setItem(KEY, JSON.stringify(kept)); }
      else { sessionStorage.removeItem(KEY); }
    } catch (ignored) { /* Private mode or full: the queue lives in memory only. */ }
  };

  /* What was not sent when the page was left. A photo's bytes cannot be kept: it is marked as lost. */
  Sotong.Outbox.prototype.restore = function () {
    var kept = [];
    var i;
    try { kept = JSON.parse(sessionStorage.getItem(KEY) || "[]"); } catch (ignored) { kept = []; }
    for (i = 0; i < kept.length; i += 1) {
      if (kept[i].kind === "photo") { kept[i].state = "failed"; kept[i].problem = Sotong.words.photo_lost; kept[i].lost = true; }
      this.items.push(kept[i]);
      this.on(kept[i]);
    }
    this.pump();
  };

  Sotong.Outbox.prototype.has = function (externalId) {
    var i;
    for (i = 0; i < this.items.length; i += 1) { if (this.items[i].external_id === externalId) { return true; } }
    return false;
  };

  Sotong.Outbox.prototype.add = function (item) {
    if (this.has(item.external_id)) { return; }
    item.state = "queued";
    this.items.push(item);
    this.keep();
    this.on(item);
    this.pump();
  };

  Sotong.Outbox.prototype.change = function (item, state, problem) {
    item.state = state;
    item.problem = problem || "";
    if (state === "sent" || state === "gone") { this.items.splice(this.items.indexOf(item), 1); }
    this.keep();
    this.on(item);
  };

  /* The same external id goes again, so the server takes it once however often it is sent. */
  Sotong.Outbox.prototype.retry = function (item) {
    this.failures = 0;
    this.change(item, "queued");
    this.pump();
  };

  Sotong.Outbox.prototype.discard = function (item) { this.change(item, "gone"); };

  Sotong.Outbox.prototype.pump = function () {
    var i;
    if (this.busy) { return; }
    clearTimeout(this.timer);
    for (i = 0; i < this.items.length; i += 1) {
      if (this.items[i].state === "queued" || this.items[i].state === "waiting") { this.send(this.items[i]); return; }
    }
  };

  Sotong.Outbox.prototype.send = function (item) {
    var self = this;
    var body;
    this.busy = true;
    this.change(item, "sending");
    function done(status, data, retryAfter) {
      self.busy = false;
      if (item.state !== "sending") { self.pump(); return; }
      if (status === 202 && data) {
        self.failures = 0;
        item.turn_id = data.turn_id;
        self.change(item, "sent");
        self.pump();
      } else if (status === 401 && !self.askedForCookie) {
        self.askedForCookie = true;
        self.askForCookie(item);
      } else if (!status || status === 408 || status === 429 || status >= 500) {
        self.later(item, retryAfter, data && data.message);
      } else {
        self.change(item, "failed", status === 401 ? Sotong.words.no_session : (data && data.message) || Sotong.words.server_error);
        self.pump();
      }
    }
    if (item.kind === "photo") {
      body = new FormData();
      body.append("external_id", item.external_id);
      if (item.text) { body.append("alt", item.text); }
      body.append("file", item.blob, item.name || "photo.jpg");
      Sotong.request("POST", "/api/photos", body, PHOTO_TIMEOUT, done);
      return;
    }
    body = { external_id: item.external_id, kind: item.kind };
    if (item.kind === "text") { body.text = item.text; }
    if (item.kind === "choice") { body.choice = item.choice; }
    if (item.kind === "location") { body.location = item.location; }
    Sotong.request("POST", "/api/messages", JSON.stringify(body), TEXT_TIMEOUT, done);
  };

  Sotong.Outbox.prototype.later = function (item, retryAfter, message) {
    var self = this;
    var wait = WAITS[Math.min(this.failures, WAITS.length - 1)];
    this.failures += 1;
    this.change(item, "waiting", message);
    this.timer = setTimeout(function () { self.pump(); }, 1000 * Math.max(wait, Math.min(retryAfter || 0, 60)));
  };

  /* The page's own address gives the cookie; without one nothing can be sent. */
  Sotong.Outbox.prototype.askForCookie = function (item) {
    var self = this;
    this.change(item, "queued");
    this.busy = true;
    Sotong.request("GET", "/", null, TEXT_TIMEOUT, function () { self.busy = false; self.pump(); });
  };

  Sotong.Outbox.prototype.hurry = function () { this.failures = 0; this.pump(); };
})();
