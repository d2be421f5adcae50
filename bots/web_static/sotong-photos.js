/* Photos before they are sent: choose, make smaller, show, take out. Must not send anything. */
(function () {
  "use strict";
  var Sotong = window.Sotong;
  var words = Sotong.words;
  var LONGEST_SIDE = 2048;
  var SMALL_ENOUGH = 1500000;
  var QUALITY = 0.85;
  /* What the server opens itself (dialogue/photos.py). */
  var MOST_HEIF_PIXELS = 26000000;
  var NOTE_WITHIN = 131072;

  function urlOf(blob) { return window.URL && URL.createObjectURL ? URL.createObjectURL(blob) : ""; }

  /* An old browser that does not turn a picture by its EXIF note would send it lying on its side. */
  function turnsPictures() {
    var style = document.documentElement.style;
    return "imageOrientation" in style;
  }

  function isHeif(file) { return /^image\/hei[cf]/.test(file.type) || /\.hei[cf]$/i.test(file.name || ""); }

  /* The EXIF note of a JPEG as the bytes of its segment, or null. The server reads the place in it, asks the
     citizen whether it is right, and keeps no note. The picture stands upright already, so the note's turn goes. */
  function noteOf(bytes) {
    var at = 2;
    if (bytes.length < 4 || bytes[0] !== 0xff || bytes[1] !== 0xd8) { return null; }
    while (at + 10 < bytes.length && bytes[at] === 0xff && bytes[at + 1] !== 0xda) {
      var size = bytes[at + 2] * 256 + bytes[at + 3];
      var head = String.fromCharCode(bytes[at + 4], bytes[at + 5], bytes[at + 6], bytes[at + 7]);
      if (bytes[at + 1] === 0xe1 && head === "Exif") {
        return at + 2 + size <= bytes.length ? upright(bytes.slice(at, at + 2 + size)) : null;
      }
      at += 2 + size;
    }
    return null;
  }

  function upright(note) {
    var view = new DataView(note.buffer);
    var little = note[10] === 0x49;
    var start = 10 + view.getUint32(14, little);
    var count = view.getUint16(start, little);
    var i;
    for (i = 0; i < count; i += 1) {
      if (view.getUint16(start + 2 + i * 12, little) === 0x0112) { view.setUint16(start + 10 + i * 12, 1, little); }
    }
    return note;
  }

  /* done(blob): the smaller picture with the note of the photo that it was made from, where there is one. */
  function withNote(file, blob, done) {
    if (!window.FileReader || !window.DataView || !window.Uint8Array || !Uint8Array.prototype.slice) { done(blob); return; }
    var reader = new FileReader();
    reader.onerror = function () { done(blob); };
    reader.onload = function () {
      var note = null;
      try { note = noteOf(new Uint8Array(reader.result)); } catch (error) { note = null; }
      done(note ? new Blob([new Uint8Array([0xff, 0xd8]), note, blob.slice(2)], { type: "image/jpeg" }) : blob);
    };
    reader.readAsArrayBuffer(file.slice(0, NOTE_WITHIN));
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
      if (isHeif(file) && img.naturalWidth * img.naturalHeight <= MOST_HEIF_PIXELS && file.size <= Sotong.limits.photo_bytes) { done(file, url); return; }
      canvas.width = Math.max(1, Math.round(img.naturalWidth * ratio));
      canvas.height = Math.max(1, Math.round(img.naturalHeight * ratio));
      var context = canvas.getContext("2d");
      context.fillStyle = "#fff";
      context.fillRect(0, 0, canvas.width, canvas.height);
      context.drawImage(img, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (blob) {
        if (!blob || (sendable && blob.size >= file.size)) { done(file, url); return; }
        URL.revokeObjectURL(url);
        withNote(file, blob, function (whole) { done(whole, urlOf(whole)); });
      }, "image/jpeg", QUALITY);
    };
    img.onerror = function () {
      URL.revokeObjectURL(url);
      /* Most browsers cannot show what iPhones keep; the server can. */
      done(isHeif(file) ? file : null, "");
    };
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
