/** Draws calls of tools that have a view of the page's. */

/**
 * @import { ChatPart, ChatTool } from "../chat/types.js"
 * @import { TurnView } from "./turn-view.js"
 * @import { ToolViewer } from "./types.js"
 */

export class ToolViews {
  /** Calls that are drawn as they are. @type {WeakSet<ChatTool>} */
  #drawn = new WeakSet();

  /**
   * Draws the calls that changed.
   * @param {TurnView} turn
   * @param {ChatPart[]} parts
   * @param {Record<string, ToolViewer>} views by the names of tools
   */
  draw(turn, parts, views) {
    for (const part of parts) {
      if (part.type !== "tool" || !Object.hasOwn(views, part.name) || this.#drawn.has(part)) continue;
      this.#drawn.add(part);
      turn.drawTool(part, views[part.name]);
    }
  }

  /**
   * Draws the calls that no view has drawn yet.
   * @param {TurnView} turn
   * @param {ChatPart[]} parts
   * @param {Record<string, ToolViewer>} views by the names of tools
   */
  drawMissing(turn, parts, views) {
    this.draw(
      turn,
      parts.filter((part) => part.type === "tool" && !turn.hasToolView(part)),
      views,
    );
  }
}
