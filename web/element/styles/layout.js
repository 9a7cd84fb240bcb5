/** The log takes the room that is left; everything else keeps its size. */

export const LAYOUT = /* css */ `
:host {
  display: flex; flex-direction: column; min-inline-size: 0; position: relative; overflow: hidden;
  block-size: var(--staysail-height, min(44rem, 90dvh)); container-type: inline-size;
}
:host([hidden]) { display: none; }
.middle { position: relative; flex: 1; min-block-size: 0; }
.log { block-size: 100%; overflow: hidden auto; overflow-anchor: none; scrollbar-gutter: stable; scrollbar-color: var(--_line) transparent; }
.log:focus-visible { outline-offset: -2px; }
.content, .foot { max-inline-size: calc(var(--_measure) + 2.5rem); margin-inline: auto; padding-inline: 1.25rem; }
.content { min-block-size: 100%; display: flex; flex-direction: column; padding-block: 1.5rem; }
.foot { inline-size: 100%; padding-block: 0.5rem 0.75rem; }
.below { overflow: hidden; scrollbar-gutter: stable; } /* as wide as the log beside its scroll bar */
.latest {
  position: absolute; inset-block-end: 0.75rem; inset-inline: 0; inline-size: max-content; margin-inline: auto;
  border-radius: 99px; font-size: 0.8125rem; box-shadow: 0 2px 10px rgb(0 0 0 / 0.12);
}
.empty { margin-block: auto; padding-block: 1rem; }
.empty-line { font: 400 1.75rem/1.2 var(--_serif); }
.suggestions { display: flex; flex-wrap: wrap; gap: 0.5rem; margin-block-start: 1.25rem; }
::slotted([slot="suggestion"]) {
  padding: 0.5rem 0.85rem; border: 1px solid var(--_line); border-radius: var(--_radius); background: none;
  color: var(--_ink); font: 400 0.9375rem/1.35 var(--_sans); text-align: start; cursor: pointer;
}
::slotted([slot="suggestion"]:hover) { border-color: var(--_accent); color: var(--_accent); }
.startup-place { position: relative; z-index: 1; } /* the start lies over the log, which keeps its place */
.startup {
  position: absolute; inset-block-end: 0; inset-inline: 0; padding: 0.5rem 1.25rem 0; background: var(--_paper);
  overflow: hidden; scrollbar-gutter: stable;
}
.startup > * { max-inline-size: var(--_measure); margin-inline: auto; }
.startup:has(.fault) { position: static; }
.startup-words { display: block; font-size: 0.8125rem; color: var(--_muted); font-variant-numeric: tabular-nums; }
progress {
  appearance: none; display: block; inline-size: 100%; block-size: 3px; margin-block-start: 0.35rem; border: 0; border-radius: 2px;
  background: var(--_line); accent-color: var(--_accent); overflow: hidden;
}
progress::-webkit-progress-bar { background: var(--_line); }
progress::-webkit-progress-value { background: var(--_accent); }
progress::-moz-progress-bar { background: var(--_accent); }
progress:indeterminate { background: linear-gradient(90deg, transparent, var(--_accent), transparent) 0 0 / 40% 100% no-repeat var(--_line); animation: drift 1.6s ease-in-out infinite alternate; }
progress:indeterminate::-webkit-progress-bar { background: none; }
progress:indeterminate::-moz-progress-bar { background: none; }
@keyframes drift { to { background-position: 100% 0; } }
`;
