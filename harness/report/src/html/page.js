"use strict";
// Sorting: numbers by their whole value, words as words; what has no value stays last either way.
for (const table of document.querySelectorAll("main table")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    const value = (row) => {
      const cell = row.cells[column];
      return "value" in cell.dataset ? Number(cell.dataset.value) : cell.textContent.trim();
    };
    button.addEventListener("click", () => {
      const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
      const isEmpty = (key) => key === "" || key === "–";
      const order = (a, b) => (typeof a === typeof b && typeof a === "number" ? a - b
        : typeof a === typeof b ? a.localeCompare(b, "en", { numeric: true }) : typeof a === "number" ? -1 : 1);
      const rows = [...body.rows].map((row) => [value(row), row]);
      rows.sort(([a], [b]) => isEmpty(a) - isEmpty(b) || sign * order(a, b));
      body.append(...rows.map(([, row]) => row));
    });
  });
}

// What a link leads to is unfolded.
const unfold = () => {
  let at = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!at) return;
  const target = at;
  for (; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  target.scrollIntoView();
};
addEventListener("hashchange", unfold);
unfold();

// On paper everything is unfolded.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("main details:not([open])")];
  folded.forEach((part) => (part.open = true));
});
addEventListener("afterprint", () => folded.forEach((part) => (part.open = false)));

// The table of contents is folded on a phone, and marks where the reader is.
const contents = document.querySelector(".contents details");
const narrow = matchMedia("(max-width: 68.99rem)");
const fit = () => (contents.open = !narrow.matches);
narrow.addEventListener("change", fit);
fit();
contents.addEventListener("click", (event) => {
  if (event.target.tagName === "A" && narrow.matches) contents.open = false;
});
const links = new Map([...contents.querySelectorAll("a")].map((link) => [link.hash.slice(1), link]));
const seen = new IntersectionObserver((entries) => {
  for (const entry of entries.filter((entry) => entry.isIntersecting)) {
    links.forEach((link) => link.removeAttribute("aria-current"));
    links.get(entry.target.id)?.setAttribute("aria-current", "location");
  }
}, { rootMargin: "0px 0px -80% 0px" });
document.querySelectorAll("main section[id]").forEach((section) => seen.observe(section));

// Light or dark: as the system has it, until the button is pressed.
const theme = document.getElementById("theme");
const system = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
const name = () => (theme.textContent = isDark() ? "Light" : "Dark");
theme.hidden = false;
theme.addEventListener("click", () => {
  document.documentElement.dataset.theme = isDark() ? "light" : "dark";
  name();
});
system.addEventListener("change", name);
name();
