/* Draws the conversation. Words from anywhere become text nodes, never markup. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var words = Sotong.words;
  /* Links, and numbers that must not be torn apart at the end of a line. */
  var LINKS = /(https?:\/\/[^\s<>"'()]+[^\s<>"'().,!?]|\d[\d-]{5,}\d|[A-Z0-9]{4}-[A-Z0-9]{4})/g;
  var RECEIPT = /\d{4}-\d{6}[\s\S]*[2-9A-HJKMNP-Z]{4}-[2-9A-HJKMNP-Z]{4}/;

  function make(tag, className, text) {
    var node = document.createElement(tag);
    if (className) { node.className = className; }
    if (text) { node.appendChild(document.createTextNode(text)); }
    return node;
  }
  Sotong.make = make;

  function button(text, act) {
    var node = make("button", "button", text);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  }
  Sotong.button = button;

  /* Text with its http(s) addresses as links. */
  function fillText(node, text) {
    var parts = text.split(LINKS);
    var i;
    for (i = 0; i < parts.length; i += 1) {
      if (i % 2 && parts[i].slice(0, 4) !== "http") { node.appendChild(make("span", "whole", parts[i])); }
      else if (i % 2) {
        var link = make("a", "", parts[i]);
        link.href = parts[i];
        link.rel = "noopener noreferrer";
        node.appendChild(link);
      } else if (parts[i]) { node.appendChild(document.createTextNode(parts[i])); }
    }
  }

  Sotong.View = function (log, onChoice) {
    this.log = log;
    this.onChoice = onChoice;
    this.byKey = {};
    this.byExternal = {};
    this.openChoices = null;
    this.lastDay = "";
    this.lastMine = null;
    this.onGrow = function () {};
  };

  /* A line between days, before the first message of each. */
  Sotong.View.prototype.day = function (label, before) {
    if (label === this.lastDay) { return; }
    this.lastDay = label;
    this.log.insertBefore(make("p", "day", label), before);
  };

  Sotong.View.prototype.frame = function (who, time) {
    var node = make("div", "message message-" + (who === "citizen" ? "me" : who));
    var head = make("p", "head");
    head.appendChild(make("strong", "", who === "citizen" ? words.you : words[who]));
    var label = make("span", "when", time || "");
    head.appendChild(label);
    node.appendChild(head);
    node.when = label;
    return node;
  };

  /* A line from the server: a new message, or news of one that we sent ourselves. False: known already. */
  Sotong.View.prototype.line = function (line) {
    if (this.byKey[line.key]) { return false; }
    var mine = line.kind === "turn" && line.external_id ? this.byExternal[line.external_id] : null;
    if (mine) {
      this.byKey[line.key] = mine;
      this.day(line.day_label, mine);
      mine.when.textContent = line.time_label;
      this.state(mine, null);
      return false;
    }
    if (line.kind === "turn") { this.closeChoices(line.turn_kind === "choice" ? line.text : ""); }
    if (line.turn_kind === "start") { this.byKey[line.key] = true; return false; }
    var node = this.frame(line.who, line.time_label);
    this.byKey[line.key] = node;
    this.fill(node, line);
    this.day(line.day_label, null);
    this.log.appendChild(node);
    if (line.who === "citizen") { this.lastMine = node; }
    if (line.choices && line.choices.length) { this.choices(node, line); }
    return true;
  };

  Sotong.View.prototype.fill = function (node, line) {
    var text = line.text;
    var alts = [];
    var i;
    for (i = 0; line.images && i < line.images.length; i += 1) { alts.push(line.images[i].alt); }
    if (!text && line.location) { text = words.location_message; }
    if (text) {
      var bubble = make("div", "bubble");
      fillText(bubble, text);
      /* The pictures' own descriptions say the same: it is read aloud once. */
      if (alts.length && alts.join("\n") === text) { bubble.setAttribute("aria-hidden", "true"); }
      node.appendChild(bubble);
    }
    for (i = 0; line.images && i < line.images.length; i += 1) { node.appendChild(this.picture(line.images[i])); }
    if (line.kind === "delivery" && line.location) { node.appendChild(this.place(line.location)); }
    if (line.link) {
      var paragraph = make("p", "link");
      var link = make("a", "", line.link.title);
      if (/^(https?:\/\/|\/)/.test(line.link.url)) { link.href = line.link.url; }
      paragraph.appendChild(link);
      node.appendChild(paragraph);
    }
    if (line.kind === "delivery" && RECEIPT.test(line.text)) { this.copier(node, line.text); }
  };

  Sotong.View.prototype.picture = function (image) {
    var self = this;
    var link = make("a", "photo-link");
    link.href = image.url;
    link.target = "_blank";
    link.rel = "noopener";
    var img = make("img", "photo");
    img.alt = image.alt;
    img.onload = function () { self.onGrow(); };
    img.src = image.url;
    link.appendChild(img);
    return link;
  };

  /* A point as text, and a link that the device's own map opens: no foreign page learns of it. */
  Sotong.View.prototype.place = function (point) {
    var where = point.lat.toFixed(5) + ", " + point.long.toFixed(5);
    var paragraph = make("p", "link");
    var link = make("a", "", words.location_on_map);
    link.href = "geo:" + point.lat + "," + point.long;
    paragraph.appendChild(link);
    paragraph.appendChild(document.createTextNode(" (" + where + ")"));
    return paragraph;
  };

  Sotong.View.prototype.choices = function (node, line) {
    var self = this;
    var list = make("ol", "choices");
    var group = { list: list, buttons: [], done: false };
    list.setAttribute("aria-label", words.choices);
    function add(choice, number) {
      var item = make("li");
      var node = button("", function () { self.press(group, choice); });
      node.appendChild(make("span", "number", number + ". "));
      node.appendChild(make("span", "choice-title", choice.title));
      item.appendChild(node);
      list.appendChild(item);
      group.buttons.push({ node: node, title: choice.title });
    }
    var i;
    for (i = 0; i < line.choices.length; i += 1) { add(line.choices[i], i + 1); }
    /* What lasts is offered beside the question at hand: neither closes the other. */
    if (!line.lasting) {
      this.closeChoices("");
      this.openChoices = group;
    }
    node.appendChild(list);
  };

  Sotong.View.prototype.press = function (group, choice) {
    if (group.done) { return; }
    this.finish(group, choice.title);
    this.onChoice(choice);
  };

  /* Old questions cannot be answered any more. They stay in the tab order only while they have the focus. */
  Sotong.View.prototype.closeChoices = function (chosenTitle) {
    if (this.openChoices) { this.finish(this.openChoices, chosenTitle); }
  };

  Sotong.View.prototype.finish = function (group, chosenTitle) {
    var i;
    if (group.done) { return; }
    group.done = true;
    if (this.openChoices === group) { this.openChoices = null; }
    for (i = 0; i < group.buttons.length; i += 1) {
      var entry = group.buttons[i];
      entry.node.setAttribute("aria-disabled", "true");
      if (document.activeElement !== entry.node) { entry.node.setAttribute("tabindex", "-1"); }
      if (chosenTitle && entry.title === chosenTitle) {
        entry.node.className += " chosen";
        entry.node.appendChild(make("span", "chosen-word", words.chosen));
      }
    }
  };

  Sotong.View.prototype.copier = function (node, text) {
    var note = make("span", "state");
    note.setAttribute("role", "status");
    var copy = button(words.copy, function () {
      Sotong.copy(text, function (ok) { note.textContent = ok ? words.copied : words.copy_failed; });
    });
    var paragraph = make("p", "state");
    paragraph.appendChild(copy);
    paragraph.appendChild(document.createTextNode(" "));
    paragraph.appendChild(note);
    node.appendChild(paragraph);
  };

  /* What the citizen is sending, before the server has it. */
  Sotong.View.prototype.outgoing = function (item) {
    var node = this.byExternal[item.external_id];
    if (node) { return node; }
    node = this.frame("citizen", "");
    this.byExternal[item.external_id] = node;
    if (item.preview) {
      var img = make("img", "photo");
      img.alt = item.text || words.photo_message;
      img.src = item.preview;
      node.appendChild(img);
    }
    if (item.label || item.text) {
      var bubble = make("div", "bubble");
      fillText(bubble, item.text || item.label);
      node.appendChild(bubble);
    }
    this.closeChoices(item.kind === "choice" ? item.label : "");
    this.log.appendChild(node);
    this.lastMine = node;
    return node;
  };

  Sotong.View.prototype.remove = function (item) {
    var node = this.byExternal[item.external_id];
    if (node && node.parentNode) { node.parentNode.removeChild(node); }
    delete this.byExternal[item.external_id];
  };

  /* The small line under our own message: null takes it away. */
  Sotong.View.prototype.state = function (node, text, isBad, actions) {
    var i;
    if (node.stateLine) { node.removeChild(node.stateLine); node.stateLine = null; }
    if (text === null) { return; }
    var line = make("p", isBad ? "state state-bad" : "state", text);
    for (i = 0; actions && i < actions.length; i += 1) { line.appendChild(actions[i]); }
    node.stateLine = line;
    node.appendChild(line);
  };

  Sotong.copy = function (text, done) {
    function old() {
      var area = make("textarea");
      var ok = false;
      area.value = text;
      area.setAttribute("readonly", "");
      area.className = "file";
      document.body.appendChild(area);
      area.select();
      try { ok = document.execCommand("copy"); } catch (ignored) { ok = false; }
      document.body.removeChild(area);
      done(ok);
    }
    if (navigator.clipboard && navigator.clipboard.writeText) {
      navigator.clipboard.writeText(text).then(function () { done(true); }, old);
    } else { old(); }
  };
})();
