/* The citizen's place: asks first, says why, and says in words what went wrong. Must not send anything. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var words = Sotong.words;

  Sotong.Place = function (parts, say, onPlace) {
    this.parts = parts;
    this.say = say;
    this.onPlace = onPlace;
    var self = this;
    parts.open.addEventListener("click", function () { self.toggle(parts.panel.hidden); });
    parts.cancel.addEventListener("click", function () { self.toggle(false); parts.open.focus(); });
    parts.send.addEventListener("click", function () { self.find(); });
    parts.panel.addEventListener("keydown", function (event) {
      if (event.key === "Escape" || event.keyCode === 27) { self.toggle(false); parts.open.focus(); }
    });
  };

  Sotong.Place.prototype.toggle = function (open) {
    this.parts.panel.hidden = !open;
    this.parts.open.setAttribute("aria-expanded", open ? "true" : "false");
    if (open) { this.parts.title.focus(); }
  };

  Sotong.Place.prototype.find = function () {
    var self = this;
    if (this.busy) { return; }
    if (window.isSecureContext === false) { this.fail(words.location_insecure); return; }
    if (!navigator.geolocation) { this.fail(words.location_unsupported); return; }
    this.busy = true;
    this.say(words.location_waiting, false);
    navigator.geolocation.getCurrentPosition(function (position) {
      self.busy = false;
      self.say("", false);
      self.toggle(false);
      self.parts.message.focus();
      self.onPlace({
        lat: position.coords.latitude, long: position.coords.longitude,
        accuracy_m: Math.min(position.coords.accuracy || 0, 10000000)
      });
    }, function (error) {
      self.busy = false;
      self.fail(error.code === 1 ? words.location_denied : error.code === 3 ? words.location_timeout : words.location_unavailable);
    }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  };

  Sotong.Place.prototype.fail = function (message) {
    this.toggle(false);
    this.say(message, true);
    this.parts.message.focus();
  };
})();
