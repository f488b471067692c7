// Keeps what is shown up to date. Nothing on the page needs it.
// Each element with data-live and an id is replaced by the same of the page, loaded anew
// after an event; not while somebody is in a form in it, and what is open stays open.
"use strict";

const PAUSE_MS = 700;
let loading = false;
let again = false;

async function refresh() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch(location.href, { credentials: "same-origin" });
    if (answer.ok && !answer.redirected) {
      replaceBy(new DOMParser().parseFromString(await answer.text(), "text/html"));
    }
  } catch {
    // The server is away for a moment; the next event brings the page up to date.
  }
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  loading = false;
  if (again) {
    again = false;
    refresh();
  }
}

function replaceBy(fresh) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const anew = fresh.getElementById(old.id);
    if (!anew || old.innerHTML === anew.innerHTML || old.querySelector("details.act[open]")) continue;
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    for (const open of old.querySelectorAll("details[id][open]")) {
      const same = anew.querySelector(`#${CSS.escape(open.id)}`);
      if (same) same.open = true;
    }
    const left = old.querySelector(".graph")?.scrollLeft;
    const place = focused?.closest("details[id]")?.id;
    old.replaceWith(document.adoptNode(anew));
    if (left) anew.querySelector(".graph").scrollLeft = left;
    if (place) document.getElementById(place)?.querySelector("summary")?.focus();
  }
}

const follow = document.body.dataset.follow;
if (follow) {
  const source = new EventSource(follow);
  // What came between the page and the stream is seen by looking once more.
  source.addEventListener("open", refresh);
  for (const type of document.body.dataset.events.split(" ")) source.addEventListener(type, refresh);
}

document.addEventListener("keydown", (press) => {
  if (press.key === "Escape") {
    for (const open of document.querySelectorAll("details.act[open]")) {
      open.open = false;
      open.querySelector("summary").focus();
    }
  }
});

document.addEventListener("submit", (sent) => {
  // A second press would send it twice.
  setTimeout(() => {
    for (const button of sent.target.querySelectorAll("button")) button.disabled = true;
  }, 0);
});
window.addEventListener("pageshow", () => {
  for (const button of document.querySelectorAll("button:disabled")) button.disabled = false;
});
