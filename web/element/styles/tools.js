/** A tool call is a line in a ledger: name, arguments, state; the result under it. */

export const TOOLS = /* css */ `
.tool { padding-block: 0.55rem; border-block: 1px solid var(--_line); font-size: 0.875rem; }
.tool + .tool { margin-block-start: calc(-0.85rem - 1px); }
.tool-head { display: flex; align-items: baseline; gap: 0.6rem; min-inline-size: 0; }
.tool-name { flex: 0 1 auto; min-inline-size: 0; white-space: nowrap; color: var(--_accent); font: 600 0.875rem/1.5 var(--_mono); overflow: hidden; text-overflow: ellipsis; }
.tool-brief { flex: 1 1 0; min-inline-size: 0; overflow: hidden; color: var(--_muted); font: 0.8125rem/1.5 var(--_mono); text-overflow: ellipsis; white-space: nowrap; }
.tool-state { display: inline-flex; align-items: center; gap: 0.3rem; flex: none; margin-inline-start: auto; color: var(--_muted); font-variant-numeric: tabular-nums; }
.tool[data-state="failed"] .tool-state, .tool[data-state="failed"] .tool-name { color: var(--_danger); }
.tool:is([data-state="running"], [data-state="writing"]) .tool-state::after { content: "…"; margin-inline-start: -0.3rem; }
.tool-result p { margin-block-start: 0.3rem; overflow-wrap: anywhere; white-space: pre-wrap; }
.tool-output { display: grid; gap: 0.5rem; margin-block-start: 0.4rem; min-inline-size: 0; }
.tool-output:empty { display: none; }
.tool-output pre { max-block-size: 16rem; margin: 0; padding: 0.5rem 0.75rem; overflow: auto; border-radius: var(--_radius); background: var(--_surface); color: var(--_ink); font: 0.8125rem/1.5 var(--_mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.tool-output img { justify-self: start; max-inline-size: 100%; block-size: auto; border-radius: var(--_radius); background: #fff; }
.tool-output .markdown { min-inline-size: 0; font-size: 0.875rem; }
.tool[data-state="asking"] { padding-inline-start: 0.75rem; border-inline-start: 3px solid var(--_accent); }
.tool[data-state="asking"] .tool-state { color: var(--_accent); font-weight: 600; }
.approval { display: grid; gap: 0.5rem; margin-block-start: 0.5rem; }
.approval-question { font-weight: 600; }
.approval-expiry { color: var(--_muted); font-variant-numeric: tabular-nums; }
.approval-expiry:empty, .approval-note:empty { display: none; }
.approval-note { color: var(--_danger); overflow-wrap: anywhere; }
.approval-choices { display: flex; flex-wrap: wrap; gap: 0.5rem; }
.approval-choices .button[part~="approve"], .approval form .button[type="submit"] { border-color: var(--_accent); background: var(--_accent); color: var(--_on-accent); }
.approval form, .approval label { display: grid; gap: 0.35rem; }
.approval form { gap: 0.5rem; }
.approval label span { color: var(--_muted); }
.approval-field { inline-size: 100%; padding: 0.4rem 0.6rem; border: 1px solid var(--_muted); border-radius: var(--_radius); background: var(--_paper); color: var(--_ink); font: inherit; resize: vertical; }
.code-field { font: 0.8125rem/1.5 var(--_mono); }
.app-detail { max-block-size: 12rem; margin: 0; padding: 0.5rem 0.75rem; overflow: auto; border-radius: var(--_radius); background: var(--_surface); font: 0.8125rem/1.5 var(--_mono); white-space: pre-wrap; overflow-wrap: anywhere; }
.app-about { color: var(--_muted); font-size: 0.8125rem; }
.app-about:empty { display: none; }
.tool-more { margin-block-start: 0.3rem; color: var(--_muted); font-size: 0.8125rem; }
.tool-more p { margin-block-start: 0.4rem; }
.tool-more pre { max-block-size: 20rem; margin: 0.15rem 0 0; padding: 0.5rem 0.75rem; overflow: auto; border-radius: var(--_radius); background: var(--_surface); color: var(--_ink); font: 0.8125rem/1.5 var(--_mono); white-space: pre-wrap; overflow-wrap: anywhere; }
`;
