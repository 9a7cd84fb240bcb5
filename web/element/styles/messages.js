/** Turns read like an interview: who speaks stands in the margin, where there is one. */

export const MESSAGES = /* css */ `
.turn + .turn { margin-block-start: 2rem; padding-block-start: 2rem; border-block-start: 1px solid var(--_line); }
.turn:not(:nth-last-child(-n + 3)) { content-visibility: auto; contain-intrinsic-size: auto 20rem; }
.message { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.25rem; }
.message + .message { margin-block-start: 1.25rem; }
.message > * { grid-column: -2; min-inline-size: 0; }
.who { color: var(--_muted); font: 500 0.8125rem/1.5rem var(--_sans); }
.assistant > .who { color: var(--_accent); }
.said { font-weight: 600; white-space: pre-wrap; overflow-wrap: anywhere; }
@container (min-width: 44rem) {
  .message { grid-template-columns: 4.5rem minmax(0, 1fr); }
  .who { grid-column: 1; grid-row: 1; }
}
.question, .editor { display: grid; grid-template-columns: minmax(0, 1fr); gap: 0.25rem; }
.question-foot { display: flex; align-items: center; gap: 0.25rem; margin-inline-start: -0.5rem; min-block-size: 2rem; color: var(--_muted); }
.question-foot:not(:has(> :not([hidden]))), .running .question-foot :is([part~=edit], [part~=version]), .running [part~=again] { display: none; }
.versions { display: flex; align-items: center; font-size: 0.875rem; font-variant-numeric: tabular-nums; }
.versions[hidden] { display: none; }
.versions .quiet { min-inline-size: 2rem; justify-content: center; font-size: 1.125rem; line-height: 1; }
.versions .quiet:disabled { opacity: 0.45; cursor: default; background: none; }
.edit-field {
  inline-size: 100%; min-block-size: 3rem; max-block-size: min(20rem, 50dvh); padding: 0.6rem 0.75rem; border: 1px solid var(--_accent); border-radius: var(--_radius);
  background: none; color: inherit; font: 1rem/1.5 var(--_sans); resize: vertical; field-sizing: content; overflow-y: auto;
}
.editor .composer-note { padding: 0; }
.editor-bar { display: flex; justify-content: flex-end; gap: 0.5rem; }
.answer { display: grid; gap: 0.85rem; grid-template-columns: minmax(0, 1fr); }
.answer:empty { display: none; }

.waiting, .stopped, .retrying { color: var(--_muted); font-size: 0.9375rem; line-height: 1.5rem; }
.waiting::after { content: "…"; }
.assistant[aria-busy] > .who::after {
  content: ""; display: inline-block; inline-size: 0.4rem; block-size: 0.4rem; margin-inline-start: 0.45rem; border-radius: 50%;
  background: currentColor; vertical-align: 0.08em; animation: breathe 1.4s ease-in-out infinite alternate;
}
@keyframes breathe { from { opacity: 0.2; } }
.retrying { display: flex; gap: 0.5rem; padding-inline-start: 0.75rem; border-inline-start: 2px solid var(--_accent); font-variant-numeric: tabular-nums; }
.retrying .icon { margin-block-start: 0.25rem; }
.retrying.past { border-color: var(--_line); }

.turn-foot { display: flex; flex-wrap: wrap; align-items: center; gap: 0.15rem; margin-inline-start: -0.5rem; min-block-size: 2rem; }
.turn-foot:empty { display: none; }
.turn:not(:last-child) .only-last { display: none; }
.usage { color: var(--_muted); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.turn-foot .usage { margin-inline-start: 0.5rem; }

.undrawn { padding-inline-start: 0.85rem; border-inline-start: 2px solid var(--_line); }
.undrawn-note { color: var(--_muted); font: 0.9375rem/1.5rem var(--_sans); }
.undrawn pre { max-block-size: 20rem; margin: 0.25rem 0 0; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font: 0.875rem/1.55 var(--_mono); }

.fault { padding: 0.85rem 1rem; border-inline-start: 3px solid var(--_danger); border-radius: var(--_radius); background: var(--_danger-surface); }
.fault-title { display: flex; gap: 0.5rem; align-items: center; color: var(--_danger); }
.fault-message { overflow-wrap: anywhere; white-space: pre-wrap; }
.fault-more:empty { display: none; }
.fault-more { display: grid; gap: 0.4rem; justify-items: start; margin-block-start: 0.3rem; overflow-wrap: anywhere; }
.fault-more code { font: 0.875em/1.5 var(--_mono); }
.fault-details { margin-block-start: 0.4rem; color: var(--_muted); font-size: 0.875rem; }
.fault-details summary { inline-size: fit-content; cursor: pointer; }
.ended { display: flex; flex-wrap: wrap; gap: 0.35rem 0.75rem; align-items: center; }
.fault-label { color: var(--_muted); font: 0.75rem/1.5 var(--_mono); overflow-wrap: anywhere; }
.fault .button { margin-block-start: 0.6rem; }

.reasoning { color: var(--_muted); font-size: 0.9375rem; }
.reasoning summary, .tool-more summary { inline-size: fit-content; cursor: pointer; border-radius: var(--_radius); }
.reasoning summary:hover, .tool-more summary:hover { color: var(--_ink); }
.thoughts { margin-block-start: 0.4rem; padding-inline-start: 0.85rem; border-inline-start: 1px solid var(--_line); white-space: pre-wrap; overflow-wrap: anywhere; }

.attachments { display: flex; flex-wrap: wrap; gap: 0.4rem; padding: 0; list-style: none; font-size: 0.875rem; }
.attachments li { display: flex; align-items: center; max-inline-size: 100%; padding-inline-start: 0.6rem; border: 1px solid var(--_line); border-radius: var(--_radius); }
.message .attachments li { padding: 0.2rem 0.6rem; }
.message .attachments li:has(img) { padding: 0; border: 0; }
.file-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.thumbnail { display: block; max-inline-size: 12rem; max-block-size: 9rem; border-radius: var(--_radius); }
`;
