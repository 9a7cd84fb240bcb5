/** Headings of days in the list of chats. */

const DAY_MS = 86_400_000;

/**
 * Returns the heading under which a chat stands.
 * @param {number} usedMs when it was last used
 * @param {Date} [now]
 */
export function groupOf(usedMs, now = new Date()) {
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime();
  if (usedMs >= midnight) return "Today";
  if (usedMs >= midnight - DAY_MS) return "Yesterday";
  if (usedMs >= midnight - 7 * DAY_MS) return "Last 7 days";
  if (usedMs >= midnight - 30 * DAY_MS) return "Last 30 days";
  return new Date(usedMs).toLocaleDateString("en", { month: "long", year: "numeric" });
}
