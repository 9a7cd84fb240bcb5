/** The dialog of the models that can run in the page. */

export const MODELS = /* css */ `
.models {
  inline-size: min(36rem, calc(100vw - 2rem)); max-block-size: calc(100dvh - 2rem); padding: 1.25rem; border: 1px solid var(--_line);
  border-radius: calc(var(--_radius) + 2px); background: var(--_paper); color: var(--_ink); font: 1rem/1.5 var(--_sans);
}
.models[open] { display: grid; grid-template-rows: auto auto minmax(0, 1fr); gap: 0.5rem; }
.models::backdrop { background: rgb(0 0 0 / 0.4); }
.models-head { display: flex; gap: 1rem; align-items: start; justify-content: space-between; }
.models h3 { min-inline-size: 0; margin: 0; font: 400 1.125rem/1.4 var(--_serif); }
.models-scroll { overflow-y: auto; }
.models .note { margin: 0; color: var(--_muted); font-size: 0.875rem; overflow-wrap: anywhere; }
.local-picker { display: grid; gap: 0.5rem; }
.local-models { display: grid; gap: 0.75rem; margin: 0; padding: 0; list-style: none; }
.local-model { display: grid; gap: 0.3rem; padding-block-end: 0.75rem; border-block-end: 1px solid var(--_line); }
.local-head { display: flex; align-items: baseline; justify-content: space-between; gap: 0.6rem; overflow-wrap: anywhere; }
.local-head span { flex: none; font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.local-marks { margin: 0; color: var(--_accent); font-size: 0.8125rem; font-weight: 600; }
.local-transfer { display: flex; align-items: center; gap: 0.6rem; flex-wrap: wrap; }
.local-transfer progress { flex: 1; min-inline-size: 7rem; accent-color: var(--_accent); }
.local-picker .row-buttons { display: flex; gap: 0.5rem; flex-wrap: wrap; }
.local-picker .row-buttons button {
  min-block-size: 2.25rem; padding: 0.2rem 0.7rem; border: 1px solid var(--_line); border-radius: var(--_radius); background: none;
  color: inherit; font: inherit; font-size: 0.875rem; cursor: pointer;
}
.local-picker .row-buttons button:hover { border-color: currentColor; }
.local-picker .row-buttons button:disabled { opacity: 0.5; cursor: default; }
.local-picker label { font-size: 0.875rem; font-weight: 600; }
.local-picker input {
  inline-size: 100%; box-sizing: border-box; min-block-size: 2.5rem; padding: 0.3rem 0.6rem; border: 1px solid var(--_line);
  border-radius: var(--_radius); background: var(--_paper); color: inherit; font: inherit;
}
.local-picker output { position: sticky; inset-block-end: 0; padding-block: 0.25rem; background: var(--_paper); font-size: 0.875rem; }
.local-picker output:empty { display: none; }
.local-picker output.failed { color: var(--_danger); }
`;
