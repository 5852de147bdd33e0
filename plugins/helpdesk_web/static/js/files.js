/* Files of a form can be dropped, pasted and taken out again. The file input stays what is sent: this module only
   changes what it holds, so a form without it behaves the same. */

const size = (bytes) => {
  const [amount, unit] = bytes < 1_000_000 ? [Math.max(1, bytes / 1000), "kilobyte"] : [bytes / 1_000_000, "megabyte"];
  return new Intl.NumberFormat(document.documentElement.lang, {
    style: "unit",
    unit,
    maximumFractionDigits: unit === "megabyte" ? 1 : 0,
  }).format(amount);
};

const symbol = (name) => {
  const known = document.querySelector("use").getAttribute("href").split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${known}#${name}`);
  svg.append(use);
  return svg;
};

const element = (name, className, text = "") => {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
};

/* A canvas instead of an image: it needs no address, so the page's content policy stays closed. */
async function picture(file, place) {
  if (!file.type.startsWith("image/")) return;
  try {
    const bitmap = await createImageBitmap(file, { resizeHeight: 80 });
    const canvas = document.createElement("canvas");
    canvas.width = bitmap.width;
    canvas.height = bitmap.height;
    canvas.getContext("2d").drawImage(bitmap, 0, 0);
    place.replaceWith(canvas);
  } catch {
    /* The browser cannot draw this kind of picture; the symbol stays. */
  }
}

function zone(box) {
  const input = box.querySelector("input[type=file]");
  const list = box.querySelector("[data-list]");
  const problem = box.querySelector("[data-problem]");
  const { most, bytes, remove, tooBig, tooMany, pasted } = box.dataset;
  let chosen = [];
  let shots = 0;

  const show = () => {
    const carrier = new DataTransfer();
    for (const file of chosen) carrier.items.add(file);
    input.files = carrier.files;
    list.hidden = chosen.length === 0;
    list.replaceChildren(...chosen.map(tile));
  };

  const tile = (file) => {
    const item = element("li", "tile");
    const place = symbol("file");
    const button = element("button", "");
    button.type = "button";
    button.setAttribute("aria-label", remove.replace("%s", file.name));
    button.append(symbol("close"));
    button.addEventListener("click", () => {
      chosen = chosen.filter((other) => other !== file);
      problem.hidden = true;
      show();
      input.focus();
    });
    item.append(place, element("span", "name", file.name), element("span", "size", size(file.size)), button);
    picture(file, place);
    return item;
  };

  const same = (one, other) =>
    one.name === other.name && one.size === other.size && one.lastModified === other.lastModified;

  const add = (files) => {
    const complaints = [];
    const kept = box.querySelectorAll("input[type=checkbox]:checked").length;
    for (const file of files) {
      if (chosen.some((other) => same(file, other))) continue;
      if (file.size > bytes) complaints.push(`${tooBig.replace("%s", file.name)} ${size(file.size)}`);
      else if (kept + chosen.length >= most) complaints.push(`${tooMany} ${file.name}`);
      else chosen.push(file);
    }
    problem.textContent = complaints.join(" · ");
    problem.hidden = complaints.length === 0;
    show();
  };

  input.addEventListener("change", () => add([...input.files]));

  box.addEventListener("dragover", (event) => {
    event.preventDefault();
    box.classList.add("over");
  });
  box.addEventListener("dragleave", (event) => {
    if (!box.contains(event.relatedTarget)) box.classList.remove("over");
  });
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    box.classList.remove("over");
    add([...event.dataTransfer.files]);
  });

  input.form.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (files.length === 0 || event.clipboardData.types.includes("text/plain")) return;
    event.preventDefault();
    add(files.map((file) => (file.name === "image.png" ? new File([file], `${pasted} ${++shots}.png`, file) : file)));
  });

  box.classList.add("live");
  box.querySelector("[data-choose]").hidden = false;
  add([...input.files]);
}

document.querySelectorAll("[data-files]").forEach(zone);
