/** The page's tools: two in JavaScript, which change the page's looks, and two in Python, which run beside the agent. */

/** @import { PlainTool } from "../../web/types.js" */

import { startTimer } from "./timers.js";

/** Each name with the accent in light and in dark; all readable on their ground. */
export const ACCENTS = {
  teal: ["#0d5662", "#7fcbd5"],
  red: ["#a3262a", "#f59a92"],
  orange: ["#8f4a00", "#f0b070"],
  green: ["#2d6130", "#93cf93"],
  blue: ["#1f4fa3", "#9dbcf5"],
  purple: ["#6a3a9c", "#cbaaf0"],
  pink: ["#a02265", "#f29cc4"],
};

/** @type {PlainTool<{colour: keyof typeof ACCENTS, background?: "light" | "dark"}>} */
const setColours = {
  name: "set_colours",
  description: "Change the colour of this web page: make the page red, blue, green, dark or light.",
  parameters: {
    type: "object",
    properties: {
      colour: { type: "string", enum: Object.keys(ACCENTS), description: "The page's accent colour." },
      background: { type: "string", enum: ["light", "dark"], description: "Light or dark background; leave it out to keep it." },
    },
    required: ["colour"],
  },
  execute({ colour, background }) {
    const [light, dark] = ACCENTS[colour];
    document.documentElement.style.setProperty("--accent", `light-dark(${light}, ${dark})`);
    if (background) document.dispatchEvent(new CustomEvent("theme", { detail: background }));
    return `The page is ${colour} now${background ? ` on a ${background} background` : ""}.`;
  },
};

// An amount and a unit, as people say it: a small model does not multiply.
const SECONDS = { seconds: 1, minutes: 60, hours: 3600 };

/** @type {PlainTool<{amount: number, unit: keyof typeof SECONDS, label?: string}>} */
const setTimer = {
  name: "set_timer",
  description: "Set a timer or a reminder that counts down in the page and rings at the end.",
  parameters: {
    type: "object",
    properties: {
      amount: { type: "integer", minimum: 1, maximum: 1000, description: "How long." },
      unit: { type: "string", enum: Object.keys(SECONDS), description: "The unit of the amount." },
      label: { type: "string", maxLength: 40, description: "What the timer is for, in a word or two." },
    },
    required: ["amount", "unit"],
  },
  execute({ amount, unit, label }) {
    startTimer(amount * SECONDS[unit], label || "Timer");
    return `A timer of ${amount} ${unit} is running in the page.`;
  },
};

/** The tools, in the order of the list. */
export const JAVASCRIPT_TOOLS = [setColours, setTimer];

export const PYTHON_TOOLS_URL = new URL("page/tools/tools.py", document.baseURI);
