/* Talks to the server: requests, and the live feed with its fallback. Must not touch the page.
   Written for old phones: no modules, no arrow functions, no promises. */
(function () {
  "use strict";
  var settings = JSON.parse(document.getElementById("settings").textContent);
  var Sotong = (window.Sotong = { words: settings.words, limits: settings.limits });

  var POLL_MS = 3000;
  var BUSY_POLL_MS = 700;
  var SLOW_POLL_MS = 10000;
  var TRY_STREAM_AGAIN_MS = 30000;

  /* An id that nobody can guess and nobody makes twice. */
  Sotong.newId = function (prefix) {
    var text = "";
    var i;
    if (window.crypto && window.crypto.getRandomValues) {
      var bytes = new Uint8Array(12);
      window.crypto.getRandomValues(bytes);
      for (i = 0; i < bytes.length; i += 1) { text += (256 + bytes[i]).toString(16).slice(1); }
    } else {
      for (i = 0; i < 4; i += 1) { text += Math.floor(Math.random() * 0x7fffffff).toString(36); }
      text += new Date().getTime().toString(36);
    }
    return prefix + "-" + text;
  };

  /* done(status, data, retryAfterSeconds); status 0 means that the network failed. */
  Sotong.request = function (method, url, body, timeout, done) {
    var xhr = new XMLHttpRequest();
    var over = false;
    function finish(status) {
      if (over) { return; }
      over = true;
      var data = null;
      try { data = JSON.parse(xhr.responseText); } catch (ignored) { data = null; }
      var wait = status ? parseFloat(xhr.getResponseHeader("Retry-After")) : NaN;
      done(status, data, isNaN(wait) ? null : wait);
    }
    xhr.open(method, url, true);
    xhr.timeout = timeout;
    xhr.setRequestHeader("X-Sotong", "1");
    if (typeof body === "string") { xhr.setRequestHeader("Content-Type", "application/json"); }
    xhr.onload = function () { finish(xhr.status); };
    xhr.onerror = xhr.ontimeout = xhr.onabort = function () { finish(0); };
    xhr.send(body);
  };

  /* The live feed. on.lines(array, isHistory), on.waiting(bool), on.state("live"|"lost"|"denied"). */
  Sotong.Feed = function (on) {
    this.on = on;
    this.after = 0;
    this.turn = 0;
    this.source = null;
    this.timer = null;
    this.streamAgainAt = 0;
    this.failures = 0;
    this.waiting = false;
    this.state = "";
  };

  Sotong.Feed.prototype.start = function (done) {
    var self = this;
    this.read(true, function (ok) {
      if (ok) { done(); self.listen(); } else { setTimeout(function () { self.start(done); }, POLL_MS); }
    });
  };

  Sotong.Feed.prototype.setState = function (state) {
    if (this.state === state) { return; }
    this.state = state;
    this.on.state(state);
  };

  Sotong.Feed.prototype.take = function (line) {
    if (line.kind === "delivery") { this.after = Math.max(this.after, line.id); }
    else { this.turn = Math.max(this.turn, line.id); }
  };

  /* Reads what is new once. */
  Sotong.Feed.prototype.read = function (isHistory, done) {
    var self = this;
    var url = "/api/messages?after=" + this.after + "&turn=" + this.turn;
    Sotong.request("GET", url, null, 20000, function (status, data) {
      if (status !== 200 || !data) {
        self.failures += 1;
        if (status === 401) { self.setState("denied"); }
        else if (self.failures > 1 || !status) { self.setState("lost"); }
        done(false);
        return;
      }
      self.failures = 0;
      self.after = Math.max(self.after, data.after);
      self.turn = Math.max(self.turn, data.turn);
      self.on.lines(data.messages, isHistory);
      self.waiting = data.waiting;
      self.on.waiting(data.waiting);
      self.setState("live");
      done(true);
    });
  };

  Sotong.Feed.prototype.listen = function () {
    if (window.EventSource && new Date().getTime() >= this.streamAgainAt) { this.openStream(); }
    else { this.poll(POLL_MS); }
  };

  Sotong.Feed.prototype.openStream = function () {
    var self = this;
    var source = new window.EventSource("/api/stream?after=" + this.after + "&turn=" + this.turn);
    this.source = source;
    source.addEventListener("open", function () { self.setState("live"); });
    source.addEventListener("line", function (event) {
      var line = JSON.parse(event.data);
      self.take(line);
      self.on.lines([line], false);
    });
    source.addEventListener("waiting", function (event) { self.on.waiting(JSON.parse(event.data)); });
    source.addEventListener("error", function () {
      if (self.source !== source) { return; }
      self.setState("lost");
      /* The browser comes back by itself, unless the server said no: then ask in the old way. */
      if (source.readyState === 2) {
        source.close();
        self.source = null;
        self.streamAgainAt = new Date().getTime() + TRY_STREAM_AGAIN_MS;
        self.poll(0);
      }
    });
  };

  Sotong.Feed.prototype.poll = function (wait) {
    var self = this;
    clearTimeout(this.timer);
    this.timer = setTimeout(function () {
      self.read(false, function (ok) {
        if (ok && window.EventSource && new Date().getTime() >= self.streamAgainAt) { self.openStream(); }
        else { self.poll(!ok || document.hidden ? SLOW_POLL_MS : self.waiting ? BUSY_POLL_MS : POLL_MS); }
      });
    }, wait);
  };

  /* Look now: the page came back, the network came back, or something was just sent. */
  Sotong.Feed.prototype.hurry = function () {
    if (this.source && this.source.readyState === 1) { this.setState("live"); return; }
    if (this.source) { this.source.close(); this.source = null; this.streamAgainAt = 0; }
    this.poll(0);
  };
})();
