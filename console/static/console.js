// Keeps lists and talks fresh and presses no button twice. Everything works without it.
"use strict";

(() => {
  const EXPIRED = "로그인이 끝났어요. 새로 고쳐서 다시 로그인해 주세요.";
  const LIVE = "새 말이 오면 저절로 나타나요.";
  const LOST = "연결이 끊겼어요. 다시 잇고 있어요.";

  // Asks for a fragment again and again; stops when the session is over, rests when nobody looks.
  function poll(address, seconds, { fresh, state }) {
    let tag = null;
    async function ask() {
      if (!document.hidden) {
        try {
          const headers = tag ? { "If-None-Match": tag } : {};
          const answer = await fetch(address, { headers, cache: "no-store", redirect: "error" });
          if (answer.status === 401) { state("expired"); return; }
          if (answer.status === 200) { tag = answer.headers.get("ETag"); fresh(await answer.text()); }
          state(answer.ok || answer.status === 304 ? "live" : "lost");
        } catch { state("lost"); }
      }
      setTimeout(ask, seconds * 1000);
    }
    setTimeout(ask, seconds * 1000);
  }

  const parse = (html) => new DOMParser().parseFromString(html, "text/html");

  for (const box of document.querySelectorAll("[data-refresh]")) {
    poll(box.dataset.refresh, Number(box.dataset.every), {
      fresh(html) {
        // Whoever stands on a link with the keyboard must not lose the place.
        if (box.contains(document.activeElement)) return;
        box.replaceChildren(...parse(html).body.childNodes);
      },
      state(now) { if (now === "expired") location.reload(); },
    });
  }

  const talk = document.querySelector("[data-lines]");
  if (talk) {
    const note = document.querySelector("[data-live]");
    const changed = document.querySelector("[data-changed]");
    const mode = talk.querySelector("[data-mode]").dataset.mode;
    const toEnd = () => { talk.scrollTop = talk.scrollHeight; };
    const say = (text) => { if (note.textContent !== text) note.textContent = text; };
    say(LIVE);
    toEnd();
    window.addEventListener("load", toEnd);
    poll(talk.dataset.lines, Number(talk.dataset.every), {
      fresh(html) {
        const list = talk.querySelector(".lines");
        const atEnd = talk.scrollHeight - talk.scrollTop - talk.clientHeight < 80;
        const next = parse(html).querySelector(".lines");
        // Line by line: a screen reader hears only what is new, and pictures do not load again.
        for (const line of next.querySelectorAll(":scope > li")) {
          const known = document.getElementById(line.id);
          if (!known) list.append(line);
          else if (known.dataset.state !== line.dataset.state) {
            // What somebody has opened to read stays open.
            const open = known.querySelector("details")?.open;
            const details = line.querySelector("details");
            if (open && details) details.open = true;
            known.replaceWith(line);
          }
        }
        talk.querySelector(".empty")?.remove();
        changed.hidden = next.dataset.mode === mode;
        if (atEnd) toEnd();
      },
      state(now) { say(now === "expired" ? EXPIRED : now === "lost" ? LOST : LIVE); },
    });
  }

  // A photo needs its words: the browser says so before anything is sent.
  for (const pair of document.querySelectorAll("[data-photo]")) {
    const file = pair.querySelector("input[type=file]");
    const alt = pair.querySelector("input[type=text]");
    file.addEventListener("change", () => { alt.required = file.files.length > 0; });
  }

  const to = document.querySelector("select#to");
  if (to) {
    const note = document.querySelector("#note");
    const sync = () => { note.required = to.selectedOptions[0]?.dataset.note === "1"; };
    to.addEventListener("change", sync);
    sync();
  }

  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", () => {
      const button = form.querySelector("button");
      // After the browser has taken the form's values; back in history it must work again.
      setTimeout(() => { button.disabled = true; }, 0);
      setTimeout(() => { button.disabled = false; }, 8000);
    });
  }
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
  });
})();
