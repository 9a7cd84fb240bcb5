/** The style sheet of a chat that was saved as a page. */

export const STYLE = /* css */ `
:root { color-scheme: light dark; --paper: #fbf9f4; --surface: #f2eee4; --ink: #1c2528; --muted: #586466; --line: #dcd6c8; --accent: #0d5662; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #12181b; --surface: #1a2226; --ink: #e9e5db; --muted: #9caaac; --line: #2d383d; --accent: #7fcbd5; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 400 1.0625rem/1.6 Georgia, "Noto Serif", serif; overflow-wrap: anywhere; }
main { max-inline-size: 46rem; margin-inline: auto; padding: 2rem 1.25rem 4rem; }
h1, h2, h3, h4, h5, h6, th, summary, .note { font-family: "Segoe UI", "Helvetica Neue", "Noto Sans", system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.25; }
h2 { margin: 2rem 0 0.4rem; color: var(--muted); font-size: 0.875rem; }
h3 { margin: 1.25rem 0 0.4rem; color: var(--muted); font-size: 0.875rem; }
.note, summary { color: var(--muted); font-size: 0.875rem; }
.user .said { margin: 0 0 0.75rem; padding: 0.7rem 0.9rem; border-radius: 8px; background: var(--surface); white-space: pre-wrap; }
details { margin-block: 0.5rem; }
summary { cursor: pointer; }
pre { overflow: auto; margin: 0.4rem 0; padding: 0.7rem 0.85rem; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); white-space: pre-wrap; }
code, pre, kbd, samp { font: 0.875rem/1.5 ui-monospace, Menlo, "DejaVu Sans Mono", monospace; }
img { display: block; max-inline-size: 100%; block-size: auto; margin-block: 0.5rem; border-radius: 6px; }
table { display: block; overflow-x: auto; border-collapse: collapse; font-size: 0.9375rem; }
:is(th, td) { padding: 0.35rem 0.9rem 0.35rem 0; border-block-end: 1px solid var(--line); vertical-align: top; text-align: start; }
blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 2px solid var(--line); color: var(--muted); }
a { color: var(--accent); }
@media print { details { break-inside: avoid; } body { background: none; } }
`;
