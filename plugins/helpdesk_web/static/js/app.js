/* Comfort for every page; without it everything still works. All words come from the page (data attributes), in the
   reader's language. Nothing here talks to the server, and nothing but typed text is ever kept in the browser. */

const root = document.documentElement;
const live = document.getElementById("live");
const each = (selector, act, from = document) => from.querySelectorAll(selector).forEach(act);

/* One press, one message. The button says so when the answer takes longer than a glance, and nothing is disabled:
   a disabled button would not send its name. */

let sending = null;

function release() {
  if (!sending) return;
  clearTimeout(sending.busy);
  clearTimeout(sending.over);
  sending.button?.removeAttribute("aria-busy");
  if (sending.words) sending.label.textContent = sending.words;
  live.textContent = "";
  sending = null;
}

addEventListener("submit", (event) => {
  const form = event.target;
  const button = event.submitter;
  if (event.defaultPrevented || form.method !== "post") return;
  if (sending) return event.preventDefault();
  if (button?.dataset.confirm && !confirm(button.dataset.confirm)) return event.preventDefault();
  sending = { button, label: button?.querySelector("span") };
  sending.over = setTimeout(release, 30_000);
  sending.busy = setTimeout(() => {
    const words = form.dataset.busy;
    if (!words) return;
    button?.setAttribute("aria-busy", "true");
    if (sending.label) {
      sending.words = sending.label.textContent;
      sending.label.textContent = words;
    }
    live.textContent = words;
  }, 400);
});

/* The page may come back out of the browser's memory, as it was left. */
addEventListener("pageshow", (event) => {
  if (event.persisted) release();
});

addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && event.target.matches?.("textarea")) {
    const button = event.target.form?.querySelector("[data-primary]");
    if (button) {
      event.preventDefault();
      event.target.form.requestSubmit(button);
    }
  }
  if (event.key === "Escape") {
    const menu = event.target.closest?.(".menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
});

addEventListener("click", (event) => {
  each(".menu[open]", (menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

/* A Kennwort can be looked at while it is typed. */

each("[data-reveal]", (button) => {
  const input = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  });
  /* Password managers and the browser's own list want to see the real kind of the field. */
  input.form?.addEventListener("submit", () => (input.type = "password"));
});

/* "3 hours ago" stays true while the page stands open. The server's clock counts: the reader's may be wrong. */

const ahead = Date.parse(root.dataset.now) - Date.now();
const phrase = new Intl.RelativeTimeFormat(root.lang, { numeric: "always" });
const steps = [[60, "second"], [60, "minute"], [24, "hour"], [7, "day"]];

function ago(instant) {
  let amount = (instant - Date.now() - ahead) / 1000;
  for (const [size, unit] of steps) {
    if (Math.abs(amount) < size) return phrase.format(Math.round(amount), unit);
    amount /= size;
  }
  return null;
}

setInterval(() => {
  each("time[data-ago]", (time) => {
    time.textContent = ago(Date.parse(time.dateTime)) ?? time.textContent;
  });
}, 60_000);

/* Text that was typed and not sent survives a closed page, in this tab alone. A form that was sent keeps its copy
   until a page says that something has arrived (`data-arrived`), because a session may have ended in between. */

const prefix = "draft:";
const store = {
  read(key) {
    try {
      return JSON.parse(sessionStorage.getItem(key));
    } catch {
      return null;
    }
  },
  write(key, value) {
    try {
      sessionStorage.setItem(key, JSON.stringify(value));
    } catch {
      /* Storage is full or forbidden: the text simply is not kept, as without this module. */
    }
  },
  drop(which) {
    try {
      for (const key of Object.keys(sessionStorage)) {
        if (key.startsWith(prefix) && which(key)) sessionStorage.removeItem(key);
      }
    } catch {
      /* Forbidden storage holds nothing. */
    }
  },
};

if (document.querySelector("[data-arrived]")) store.drop((key) => store.read(key)?.sent);
each("form[data-forget]", (form) => form.addEventListener("submit", () => store.drop(() => true)));

each("form[data-draft]", (form) => {
  const key = prefix + form.getAttribute("action") + "#" + form.id;
  const typed = [...form.querySelectorAll("textarea, input[type=text]")];
  const notice = form.querySelector("[data-restored]");
  const save = (sent) => {
    const texts = Object.fromEntries(typed.filter((field) => field.value).map((field) => [field.name, field.value]));
    if (Object.keys(texts).length) store.write(key, { texts, sent });
    else store.drop((other) => other === key);
  };

  const texts = store.read(key)?.texts ?? {};
  const missing = typed.filter((field) => !field.value && texts[field.name]);
  for (const field of missing) field.value = texts[field.name];
  if (missing.length && notice) {
    notice.hidden = false;
    notice.querySelector("button").addEventListener("click", () => {
      for (const field of missing) field.value = "";
      store.drop((other) => other === key);
      notice.hidden = true;
      missing[0].focus();
    });
  }

  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(save, 300, false);
  });
  addEventListener("pagehide", () => {
    if (!sending) save(false);
  });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    save(true);
  });
});

/* Small things. */

each("[data-print]", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});
