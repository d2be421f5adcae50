/* The chat page: puts the parts together. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var words = Sotong.words;
  function by(id) { return document.getElementById(id); }

  var message = by("message");
  var note = by("form-note");
  var news = by("form-news");
  var typing = by("typing");
  var connection = by("connection");
  var toNew = by("to-new");
  var log = by("log");
  var touch = !!(window.matchMedia && window.matchMedia("(pointer: coarse)").matches);
  var wasLost = false;
  var started = false;

  function say(text, isBad) {
    /* An error is read at once; news can wait for its turn. */
    note.textContent = isBad ? text : "";
    news.textContent = isBad ? "" : text;
  }

  function height() { return window.innerHeight || document.documentElement.clientHeight; }

  /* Where the page must be scrolled to so that the last message stands right above the place to write. */
  function endOfLog() {
    return typing.getBoundingClientRect().bottom + window.pageYOffset + 8 - (height() - by("composer").offsetHeight);
  }

  function nearEnd() { return endOfLog() - window.pageYOffset < 160; }

  function toEnd() {
    toNew.hidden = true;
    window.scrollTo(0, Math.max(0, endOfLog()));
  }

  /* Follows new messages, but never so far that the citizen's own last words leave the screen: a long
     answer is read from its beginning. Before the first words the page stays at its top. */
  function follow() {
    var mine = view.lastMine;
    if (!mine) { return; }
    var end = endOfLog();
    var place = mine.getBoundingClientRect();
    var top = Math.max(place.top, place.bottom - 160) + window.pageYOffset - 12;
    toNew.hidden = end <= top + 8;
    window.scrollTo(0, Math.max(0, Math.min(end, top)));
  }

  var view = new Sotong.View(log, function (choice) {
    outbox.add({ external_id: "choice-" + choice.id, kind: "choice", choice: choice.id, label: choice.title });
  });
  var following = true;
  view.onGrow = function () { if (following) { follow(); } };

  var outbox = new Sotong.Outbox(function (item) {
    if (item.kind === "start") { return; }
    if (item.state === "gone") { view.remove(item); return; }
    var isNew = !view.byExternal[item.external_id];
    var node = view.outgoing(item);
    if (item.state === "sent") { view.state(node, null); feed.hurry(); }
    else if (item.state === "failed") { view.state(node, words.not_sent + ". " + item.problem, true, actionsFor(item)); }
    else if (item.state === "waiting") { view.state(node, item.problem || words.waiting_to_send, false, [retryOf(item)]); }
    else { view.state(node, words.sending); }
    if (isNew) { toEnd(); }
  });

  function retryOf(item) { return Sotong.button(words.retry, function () { say("", false); outbox.retry(item); message.focus(); }); }

  function actionsFor(item) {
    var actions = item.lost ? [] : [retryOf(item)];
    if (item.kind === "text") {
      actions.push(Sotong.button(words.edit, function () {
        message.value = item.text + (message.value ? "\n" + message.value : "");
        grow();
        outbox.discard(item);
        say("", false);
        message.focus();
      }));
    }
    actions.push(Sotong.button(words.discard, function () { outbox.discard(item); say("", false); message.focus(); }));
    return actions;
  }

  var feed = new Sotong.Feed({
    lines: function (lines, isHistory) {
      var added = false;
      var i;
      following = isHistory || nearEnd();
      if (isHistory) { log.setAttribute("aria-busy", "true"); }
      for (i = 0; i < lines.length; i += 1) { added = view.line(lines[i]) || added; }
      if (isHistory) { log.removeAttribute("aria-busy"); }
      if (!added) { return; }
      if (isHistory && view.lastMine) { toEnd(); }
      else if (following) { follow(); }
      else { toNew.hidden = !view.lastMine && log.querySelectorAll(".message").length < 2; }
    },
    waiting: function (isWaiting) {
      var shown = !!typing.firstChild;
      if (isWaiting === shown) { return; }
      typing.textContent = "";
      if (isWaiting) {
        var dots = Sotong.make("span", "dots");
        dots.setAttribute("aria-hidden", "true");
        typing.appendChild(dots);
        typing.appendChild(document.createTextNode(words.typing));
      }
    },
    state: function (state) {
      if (state === "live") {
        if (wasLost) {
          show(words.reconnected, "notice connection notice-good");
          setTimeout(function () { if (!wasLost) { connection.hidden = true; } }, 4000);
          outbox.hurry();
        } else { connection.hidden = true; }
        wasLost = false;
        return;
      }
      wasLost = true;
      show(state === "denied" ? words.no_session : navigator.onLine === false ? words.offline
        : started ? words.reconnecting : words.history_failed, "notice connection notice-bad");
    }
  });

  function show(text, className) {
    connection.className = className;
    connection.hidden = false;
    connection.textContent = text;
  }

  var photos = new Sotong.Photos({
    panel: by("photos"), list: by("photo-list"), input: by("photo-input"), button: by("photo-button"),
    altLabel: Sotong.words.photo_alt
  }, say);
  by("photo-button").addEventListener("click", function () { by("photo-input").click(); });

  new Sotong.Place({
    open: by("place-button"), panel: by("place"), title: by("place-title"),
    send: by("place-send"), cancel: by("place-cancel"), message: message
  }, say, function (location) {
    outbox.add({ external_id: Sotong.newId("place"), kind: "location", location: location, label: words.location_message });
  });

  function submit() {
    var text = message.value;
    var chosen;
    var i;
    if (text.length > Sotong.limits.text) { say(words.too_long, true); message.focus(); return; }
    chosen = photos.takeAll();
    if (!text.trim() && !chosen.length) { say(words.empty, true); message.focus(); return; }
    say("", false);
    /* The words first: they say what it is about, and the photos then belong to it. */
    if (text.trim()) { outbox.add({ external_id: Sotong.newId("text"), kind: "text", text: text }); }
    for (i = 0; i < chosen.length; i += 1) {
      outbox.add({
        external_id: Sotong.newId("photo"), kind: "photo", blob: chosen[i].blob, name: chosen[i].name,
        preview: chosen[i].preview, text: chosen[i].alt, label: chosen[i].preview ? "" : words.photo_message
      });
    }
    message.value = "";
    grow();
    toEnd();
    if (!touch) { message.focus(); }
  }

  function grow() {
    message.style.height = "auto";
    message.style.height = Math.min(message.scrollHeight + 2, height() / 3) + "px";
  }
  message.addEventListener("input", grow);

  by("composer").addEventListener("submit", function (event) { event.preventDefault(); submit(); });
  message.addEventListener("keydown", function (event) {
    /* While Hangul is being put together, Enter belongs to the keyboard, not to us. */
    if ((event.key !== "Enter" && event.keyCode !== 13) || event.shiftKey || event.isComposing || event.keyCode === 229) { return; }
    if (touch) { return; }
    event.preventDefault();
    submit();
  });

  toNew.appendChild(document.createTextNode(words.new_message));
  toNew.addEventListener("click", function () { toEnd(); log.focus(); });
  window.addEventListener("scroll", function () { if (!toNew.hidden && nearEnd()) { toNew.hidden = true; } });
  window.addEventListener("offline", function () { feed.setState("lost"); });
  window.addEventListener("online", function () { outbox.hurry(); feed.hurry(); });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { outbox.hurry(); feed.hurry(); } });

  by("leave").addEventListener("submit", function () {
    try { sessionStorage.clear(); } catch (ignored) { /* There was nothing kept then. */ }
  });

  by("no-script").hidden = true;
  by("chat").hidden = false;
  by("composer").hidden = false;
  feed.start(function () {
    started = true;
    outbox.restore();
    /* The first visit: the service greets. The id is the same in every tab, so it greets once. */
    if (!feed.turn && !feed.after) { outbox.add({ external_id: "start-first", kind: "start" }); }
  });
})();
