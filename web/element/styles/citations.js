/** What an answer rests on, and the passage that is opened. */

export const CITATIONS = /* css */ `
.citations { display: grid; gap: 0.4rem; padding-block-start: 0.6rem; border-block-start: 1px solid var(--_line); font-size: 0.875rem; }
.citations h4 { margin: 0; color: var(--_muted); font: 500 0.8125rem/1.5 var(--_sans); }
.citations ol { display: flex; flex-wrap: wrap; gap: 0.4rem; margin: 0; padding: 0; list-style: none; }
.citations li { min-inline-size: 0; max-inline-size: 100%; }
.citation {
  display: inline-flex; gap: 0.45rem; align-items: baseline; max-inline-size: 100%; min-block-size: 2rem; padding: 0.2rem 0.6rem;
  border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_paper); text-align: start;
}
.citation:hover { border-color: currentColor; }
.citation-number { color: var(--_accent); font-weight: 600; font-variant-numeric: tabular-nums; }
.citation-source { min-inline-size: 0; overflow-wrap: anywhere; }
.citation-place { min-inline-size: 0; overflow: hidden; color: var(--_muted); text-overflow: ellipsis; white-space: nowrap; }
.citation-place:empty { display: none; }
.citations summary { inline-size: fit-content; color: var(--_muted); cursor: pointer; }
.citations details[open] summary { margin-block-end: 0.4rem; }
.reference {
  min-inline-size: 1.5rem; min-block-size: 1.5rem; margin-inline: 0.1em; padding: 0 0.35em; border: 1px solid var(--_line); border-radius: var(--_radius);
  background: none; color: var(--_accent); font: 600 0.75rem/1.4 var(--_sans); font-variant-numeric: tabular-nums; vertical-align: 0.15em;
}
.reference:hover { border-color: currentColor; }

.passage {
  inline-size: min(40rem, calc(100vw - 2rem)); max-block-size: calc(100dvh - 2rem); padding: 1.25rem; border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) + 2px); background: var(--_paper); color: var(--_ink);
}
.passage[open] { display: grid; grid-template-rows: auto auto minmax(0, 1fr); gap: 0.5rem; }
.passage::backdrop { background: rgb(0 0 0 / 0.4); }
.passage-head { display: flex; gap: 1rem; align-items: start; justify-content: space-between; }
.passage h3 { min-inline-size: 0; font: 400 1.125rem/1.4 var(--_serif); overflow-wrap: anywhere; }
.passage-place { color: var(--_muted); font-size: 0.875rem; }
.passage-place:empty { display: none; }
.passage-scroll { overflow-y: auto; }
.passage-text { font: 1rem/1.6 var(--_serif); white-space: pre-wrap; overflow-wrap: anywhere; }
.passage mark { background: color-mix(in srgb, var(--_accent) 14%, var(--_paper)); color: inherit; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
`;
