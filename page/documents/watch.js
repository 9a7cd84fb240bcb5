/** The documents panel: adds, searches, shows and deletes documents, and gives passages to the chat's agent. */

/** @import { Hooks } from "../../web/types.js" */
/** @import { Page } from "../types.js" */
/** @import { Part } from "../types.js" */

import { searchTool } from "../../web/vector-store.js";
import { find } from "../find.js";
import { openPanel, whenOpen } from "../panel-frame.js";
import { watchAdding } from "./adding.js";
import { isThere, listFiles, lookUp, open, sourceOf, store } from "./collection.js";
import { showFigures } from "./figures.js";
import { watchList } from "./file-list.js";
import { COLOURS, watchMap } from "./map.js";
import { watchMeaning } from "./meaning.js";
import { openPassage } from "./passage.js";
import { watchSearch } from "./searching.js";

/** The least score of a passage that is given to a model. */
const LEAST_SCORE = 0.2;
/** Passages that a model is given. A small one reads slowly and is soon confused. */
const SAMPLE = { small: 2, large: 4 };

const CITE = "Where you rely on a document, name its id in square brackets, as in [handbook.pdf#3].";

/**
 * Instructions for a model that is given documents. A small one needs no tool then, and would take one.
 * @param {boolean} small
 * @returns {Hooks}
 */
const answerFromDocuments = (small) => ({
  beforeModel(_, { documents, preamble }) {
    if (!documents.length) return undefined;
    return { request: small ? { tools: [] } : { preamble: [preamble, CITE].filter(Boolean).join("\n\n") } };
  },
});

/**
 * Joins the documents to the chat.
 * @param {Page} page
 * @returns {Part}
 */
export function watch(page) {
  const { chat, changed: onChange } = page;
  const toggle = find("documents-on", HTMLInputElement);
  /** Names of files, in order. @type {string[]} */
  let files = [];
  let opened = false;

  const tell = (/** @type {string} */ text, failed = false) => {
    const status = find("documents-status", HTMLOutputElement);
    status.value = text;
    status.classList.toggle("failed", failed);
  };
  const attempt = async (/** @type {() => Promise<void>} */ work) => {
    try {
      await work();
    } catch (error) {
      tell(/** @type {Error} */ (error).message, true);
    }
  };

  const map = watchMap({ attempt, colourOf: (file) => files.indexOf(file) % COLOURS });
  const box = watchSearch({ attempt, onFound: map.light });
  const list = watchList((name) => void attempt(() => remove(name)));
  /** Passages by file. @type {Map<string, number>} */
  let counts = new Map();
  /** Passages without meaning. @type {string[]} */
  let unread = [];
  const meaning = watchMeaning({
    prepare: () => open(chat),
    onRead(ids) {
      unread = unread.filter((id) => !ids.includes(id));
      if (unread.length) list.show(counts, countBySource(unread));
      else void refresh();
    },
    tell,
  });
  watchAdding({
    prepare: () => open(chat),
    begin: list.begin,
    onStored: () => void refresh(),
    onDrop: () => openPanel("documents"),
    async read() {
      await refresh();
      await meaning.add(unread);
    },
    stopReading: meaning.stop,
    tell,
  });

  const refresh = () =>
    attempt(async () => {
      const listed = await listFiles();
      ({ files: counts, unread } = listed);
      files = [...counts.keys()];
      list.show(counts, countBySource(unread));
      find("documents-about", HTMLElement).hidden = files.length === 0;
      box.offer(files);
      if (files.length) await showFigures(files.length);
      map.refresh();
      onChange();
    });

  const show = async () => {
    if (opened || !(await isThere())) return;
    opened = true;
    tell("Opening the documents …");
    await attempt(async () => {
      await open(chat);
      tell("");
    });
    await refresh();
    meaning.offer(unread);
  };

  const remove = async (/** @type {string} */ name) => {
    if (!confirm(`Delete ${name} from the documents?`)) return;
    const count = await store.delete({ where: { source: name } });
    tell(`Deleted ${name}: ${count} passages`);
    await refresh();
    meaning.offer(unread);
    find("documents-file", HTMLInputElement).focus();
  };

  whenOpen("documents", () => void show());
  toggle.addEventListener("change", onChange);
  chat.addEventListener("staysail-citation", (event) => {
    const { source } = /** @type {CustomEvent<{source: import("../../web/types.js").Source}>} */ (event).detail;
    event.preventDefault();
    void attempt(() => openPassage(source.id, source.document.text));
  });
  // Documents of an earlier visit serve from the first question on.
  void isThere().then((there) => {
    if (!there) return;
    files = ["of an earlier visit"];
    onChange();
  });

  /** The hits of a question are highlighted on the map, as those of a search are. */
  const lookedUp = {
    async topN(/** @type {{query: string, samples: number}} */ { query, samples }) {
      const found = await lookUp(query, { k: samples, threshold: LEAST_SCORE });
      map.light(query, found);
      return found.hits;
    },
  };
  const isOn = () => toggle.checked && files.length > 0;
  return {
    options: () => ({
      dynamicContext: isOn() ? { sample: page.isSmall() ? SAMPLE.small : SAMPLE.large, dynamicTools: lookedUp } : null,
      hooks: isOn() ? answerFromDocuments(page.isSmall()) : null,
    }),
    tools: () => (isOn() && !page.isSmall() ? [searchTool(lookedUp, { name: "search_documents" })] : []),
    about: () => (isOn() ? "documents" : ""),
  };
}

/**
 * Counts passages by their files.
 * @param {string[]} ids
 */
function countBySource(ids) {
  const counts = new Map();
  for (const id of ids) counts.set(sourceOf(id), (counts.get(sourceOf(id)) ?? 0) + 1);
  return counts;
}
