// Sync now, with live progress.
import { reason, texts, workflow } from "./page.js";

const button = document.querySelector("[data-sync]");
const status = document.querySelector("[data-status]");
const SYNCED = "holdfast_synced"; // what the last sync came to, told on the page that shows its state
const meter = document.querySelector("[data-meter]");

status.textContent = sessionStorage.getItem(SYNCED) || "";
sessionStorage.removeItem(SYNCED);

button.addEventListener("click", async () => {
  button.disabled = true;
  status.textContent = texts.syncing;
  try {
    const response = await fetch(`/api/sync?workflow=${workflow}`, { method: "POST" });
    if (!response.ok) throw new Error(await reason(response));
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      buffer += value;
      let at;
      while ((at = buffer.indexOf("\n\n")) >= 0) {
        const line = buffer.slice(0, at);
        buffer = buffer.slice(at + 2);
        if (line.startsWith("data: {")) take(JSON.parse(line.slice(6)));
      }
    }
  } catch (error) {
    status.textContent = texts.failed + error.message;
  } finally {
    button.disabled = false;
    meter.hidden = true;
  }
});

function take(part) {
  if (part.type === "data-progress") {
    const { what, done, total } = part.data;
    meter.hidden = !total;
    meter.max = total || 1;
    meter.value = done;
    status.textContent = total ? `${what}: ${done} / ${total}` : what;
  } else if (part.type === "data-report") {
    sessionStorage.setItem(SYNCED, part.data.words);
    location.reload();
  } else if (part.type === "error") {
    throw new Error(part.errorText);
  }
}
