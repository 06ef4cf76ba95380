// What every page does beside its own work: open menus close, and drafts become paragraphs with buttons.
import { render } from "./draft.js";

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

for (const draft of document.querySelectorAll(".draft")) {
  if (draft.textContent.trim()) render(draft, draft.textContent);
}
