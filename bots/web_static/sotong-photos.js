/* Photos before they are sent: choose, make smaller, show, take out. Must not send anything. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var words = Sotong.words;
  var LONGEST_SIDE = 2048;
  var SMALL_ENOUGH = 1500000;
  var QUALITY = 0.85;

  function urlOf(blob) { return window.URL && URL.createObjectURL ? URL.createObjectURL(blob) : ""; }

  /* An old browser that does not turn a picture by its EXIF note would send it lying on its side. */
  function turnsPictures() {
    var style = document.documentElement.style;
    return "imageOrientation" in style;
  }

  /* done(blob, preview): smaller when the browser can, else as it is; done(null) when it is no picture. */
  function shrink(file, done) {
    var url = urlOf(file);
    var img = new Image();
    var sendable = /^image\/(jpeg|png|webp|gif)$/.test(file.type);
    if (!url) { done(file, ""); return; }
    img.onload = function () {
      var ratio = Math.min(1, LONGEST_SIDE / Math.max(img.naturalWidth, img.naturalHeight));
      var canvas = document.createElement("canvas");
      if ((sendable && ratio === 1 && file.size < SMALL_ENOUGH) || !turnsPictures() || !canvas.toBlob) { done(file, url); return; }
      canvas.width = Math.max(1, Math.round(img.naturalWidth * ratio));
      canvas.height = Math.max(1, Math.round(img.naturalHeight * ratio));
      var context = canvas.getContext("2d");
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(img, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) {
        if (!blob || (sendable && blob.size >= file.size)) { done(file, url); return; }
        URL.revokeObjectURL(url);
        done(blob, urlOf(blob));
      }, "image/jpeg", QUALITY);
    };
    img.onerror = function () { URL.revokeObjectURL(url); done(null, ""); };
    img.src = url;
  }

  Sotong.Photos = function (parts, say) {
    this.panel = parts.panel;
    this.list = parts.list;
    this.input = parts.input;
    this.back = parts.button;
    this.altLabel = parts.altLabel;
    this.say = say;
    this.chosen = [];
    this.count = 0;
    var self = this;
    this.input.addEventListener("change", function () { self.take(self.input.files || []); });
  };

  Sotong.Photos.prototype.take = function (files) {
    var i;
    for (i = 0; i < files.length; i += 1) { this.one(files[i]); }
    this.input.value = "";
  };

  Sotong.Photos.prototype.one = function (file) {
    var self = this;
    this.say(words.photo_preparing, false);
    shrink(file, function (blob, preview) {
      if (!blob) { self.say(words.photo_not_image, true); return; }
      if (blob.size > Sotong.limits.photo_bytes) { self.say(words.photo_too_large, true); return; }
      self.show({ blob: blob, preview: preview, name: file.name });
      self.say(words.photo_ready, false);
    });
  };

  Sotong.Photos.prototype.show = function (photo) {
    var self = this;
    this.count += 1;
    var name = words.photo_name.replace("{number}", this.count);
    var id = "photo-alt-" + this.count;
    var item = Sotong.make("li");
    var img = Sotong.make("img", "thumb");
    img.alt = name;
    if (photo.preview) { img.src = photo.preview; }
    var field = Sotong.make("div", "photo-field");
    var label = Sotong.make("label", "", this.altLabel);
    var input = Sotong.make("input");
    label.htmlFor = input.id = id;
    input.type = "text";
    input.maxLength = 300;
    field.appendChild(label);
    field.appendChild(input);
    var remove = Sotong.button(words.photo_remove, function () {
      self.chosen.splice(self.chosen.indexOf(photo), 1);
      self.list.removeChild(item);
      self.panel.hidden = !self.chosen.length;
      self.say(words.photo_removed, false);
      self.back.focus();
    });
    remove.setAttribute("aria-label", name + " " + words.photo_remove);
    item.appendChild(img);
    item.appendChild(field);
    item.appendChild(remove);
    photo.alt = input;
    this.chosen.push(photo);
    this.list.appendChild(item);
    this.panel.hidden = false;
  };

  /* Hands over what was chosen and empties the panel. */
  Sotong.Photos.prototype.takeAll = function () {
    var items = [];
    var i;
    for (i = 0; i < this.chosen.length; i += 1) {
      var photo = this.chosen[i];
      items.push({ blob: photo.blob, preview: photo.preview, name: photo.name, alt: photo.alt.value });
    }
    this.chosen = [];
    this.count = 0;
    this.list.textContent = "";
    this.panel.hidden = true;
    return items;
  };
})();
