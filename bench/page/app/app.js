// A page's own code, bundled as its author would: what starts Python, and no more.
export { boot } from "../../../web/index.js";
