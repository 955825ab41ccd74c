// Puts live updates into the page, without touching what has not changed: focus, selection and open details stay.
"use strict";
(() => {
  const live = document.getElementById("live");
  const asOf = document.getElementById("as-of");
  if (!live || !live.dataset.events || !window.EventSource) {
    return;
  }

  const keyOf = node => (node.nodeType === Node.ELEMENT_NODE ? node.dataset.key || node.id : "");

  const sameKind = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && keyOf(a) === keyOf(b);

  // Makes one element like another. What the reader has opened or written stays.
  const become = (old, fresh) => {
    if (old.nodeType !== Node.ELEMENT_NODE) {
      if (old.nodeValue !== fresh.nodeValue) {
        old.nodeValue = fresh.nodeValue;
      }
      return;
    }
    for (const { name } of [...old.attributes]) {
      if (!fresh.hasAttribute(name) && !(old.nodeName === "DETAILS" && name === "open")) {
        old.removeAttribute(name);
      }
    }
    for (const { name, value } of fresh.attributes) {
      if (old.getAttribute(name) !== value) {
        old.setAttribute(name, value);
      }
    }
    becomeChildren(old, fresh);
  };

  const becomeChildren = (old, fresh) => {
    const keyed = new Map();
    for (const child of old.childNodes) {
      if (keyOf(child)) {
        keyed.set(keyOf(child), child);
      }
    }
    let at = old.firstChild;
    for (const wanted of [...fresh.childNodes]) {
      const known = keyOf(wanted) ? keyed.get(keyOf(wanted)) : null;
      if (known && sameKind(known, wanted)) {
        if (known === at) {
          at = at.nextSibling;
        } else {
          old.insertBefore(known, at);
        }
        become(known, wanted);
      } else if (at && sameKind(at, wanted)) {
        const next = at.nextSibling;
        become(at, wanted);
        at = next;
      } else {
        old.insertBefore(wanted, at);
      }
    }
    while (at) {
      const next = at.nextSibling;
      at.remove();
      at = next;
    }
  };

  const say = (state, text) => {
    if (asOf && (asOf.dataset.state !== state || state !== "live")) {
      asOf.dataset.state = state;
      asOf.textContent = text;
    }
  };

  let source = null;
  const open = () => {
    source = new EventSource(live.dataset.events);
    source.addEventListener("page", event => {
      const fresh = document.createElement("template");
      fresh.innerHTML = event.data;
      becomeChildren(live, fresh.content);
      say("live", "Live");
    });
    source.addEventListener("login", () => location.reload());
    source.addEventListener("error", () => {
      say("late", source.readyState === EventSource.CLOSED ? "Not live: reload the page" : "Not live: connecting again");
    });
  };
  const close = () => {
    source?.close();
    source = null;
  };

  // A page that nobody sees asks for nothing.
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      close();
    } else if (!source) {
      open();
    }
  });
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", event => event.persisted && !source && open());
  if (!document.hidden) {
    open();
  }
})();
