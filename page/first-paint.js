/*
 * Runs before anything is painted, so that the page is painted as it stays: in the colours that were chosen, with room for the panels that
 * were open. Until the chat's element is defined, a plain form stands in its place; a message that is sent there waits in data-sent.
 */
{
  const root = document.documentElement;
  /** @type {{theme?: string, start?: string, end?: string}} */
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem("staysail-page") ?? "{}") ?? {};
  } catch {
    // nothing is kept
  }
  if (kept.theme) root.style.colorScheme = kept.theme;
  const hasRoom = matchMedia("(min-width: 72rem)").matches;
  const isBeside = matchMedia("(min-width: 56rem)").matches;
  const start = kept.start ?? (hasRoom ? "conversations" : "");
  if (isBeside && kept.end) root.dataset.end = kept.end;
  if (isBeside && start && (hasRoom || !kept.end)) root.dataset.start = start;

  const send = (/** @type {Event} */ event) => {
    event.preventDefault();
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("early-text"));
    if (field?.value.trim()) root.dataset.sent = "";
  };
  document.addEventListener("submit", (event) => {
    if (/** @type {Element} */ (event.target).id === "early") send(event);
  });
  document.addEventListener("keydown", (event) => {
    if (/** @type {Element} */ (event.target).id !== "early-text") return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing && event.keyCode !== 229) send(event);
  });
  document.addEventListener("click", (event) => {
    const chosen = /** @type {Element} */ (event.target).closest("[data-prompt]");
    const field = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("early-text"));
    if (!chosen || customElements.get("staysail-chat") || !field) return;
    field.value = /** @type {HTMLElement} */ (chosen).dataset.prompt ?? "";
    root.dataset.sent = "";
  });
}
