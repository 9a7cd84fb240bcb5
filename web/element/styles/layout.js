/** The log takes the room that is left; everything else keeps its size. */

export const LAYOUT = /* css */ `
:host {
  display: flex; flex-direction: column; min-inline-size: 0; position: relative; overflow: hidden;
  block-size: var(--staysail-height, min(44rem, 90dvh)); container-type: inline-size;
}
:host([hidden]) { display: none; }
.middle { position: relative; flex: 1; min-block-size: 0; }
.log { block-size: 100%; overflow: hidden auto; overflow-anchor: none; scrollbar-gutter: stable; scrollbar-color: var(--line) transparent; }
.log:focus-visible { outline-offset: -2px; }
.content, .foot { max-inline-size: calc(var(--measure) + 2.5rem); margin-inline: auto; padding-inline: 1.25rem; }
.content { min-block-size: 100%; display: flex; flex-direction: column; padding-block: 1.5rem; }
.foot { inline-size: 100%; padding-block-end: 0.75rem; }
.below { overflow: hidden; scrollbar-gutter: stable; } /* as wide as the log beside its scroll bar */
.latest {
  position: absolute; inset-block-end: 0.75rem; inset-inline: 0; inline-size: max-content; margin-inline: auto;
  border-radius: 99px; font-size: 0.8125rem; box-shadow: 0 2px 10px rgb(0 0 0 / 0.12);
}
.empty { margin-block: auto; padding-block: 1rem; }
.empty-line { font: 400 1.75rem/1.2 var(--serif); }
.suggestions { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 1.25rem; }
::slotted([slot="suggestion"]) {
  padding: 0.5rem 0.85rem; border: 1px solid var(--line); border-radius: var(--radius); background: none;
  color: var(--ink); font: 400 0.9375rem/1.35 var(--sans); text-align: start; cursor: pointer;
}
::slotted([slot="suggestion"]:hover) { border-color: var(--accent); color: var(--accent); }
.startup { padding-block: 0.5rem; }
.startup-words { display: block; font-size: 0.8125rem; color: var(--muted); font-variant-numeric: tabular-nums; }
progress {
  appearance: none; display: block; inline-size: 100%; block-size: 3px; margin-block-start: 0.35rem; border: 0; border-radius: 2px;
  background: var(--line); accent-color: var(--accent); overflow: hidden;
}
progress::-webkit-progress-bar { background: var(--line); }
progress::-webkit-progress-value { background: var(--accent); }
progress::-moz-progress-bar { background: var(--accent); }
progress:indeterminate { background: linear-gradient(90deg, transparent, var(--accent), transparent) 0 0 / 40% 100% no-repeat var(--line); animation: drift 1.6s ease-in-out infinite alternate; }
progress:indeterminate::-webkit-progress-bar { background: none; }
@keyframes drift { to { background-position: 100% 0; } }
`;
