/** An answer is for reading: a serif, a measure, quiet headings. Nothing in it is wider than the chat. */

export const MARKDOWN = /* css */ `
.markdown { font: 400 1.0625rem/1.6 var(--_serif); overflow-wrap: anywhere; }
.markdown > :first-child > :first-child, .markdown > .code:first-child { margin-block-start: 0; }
.markdown > :last-child > :last-child, .markdown > .code:last-child { margin-block-end: 0; }
.markdown :is(p, ul, ol, dl, blockquote, details, table) { margin-block: 0 0.85rem; }
.markdown :is(h4, h5, h6) { margin-block: 1.4rem 0.5rem; font: 600 1.0625rem/1.35 var(--_sans); text-wrap: balance; }
.markdown h4 { font-size: 1.25rem; }
.markdown h6 { font-size: 0.9375rem; color: var(--_muted); }
.markdown :is(ul, ol) { padding-inline-start: 1.4rem; }
.markdown li + li { margin-block-start: 0.25rem; }
.markdown li > :is(ul, ol, p) { margin-block-end: 0.25rem; }
.markdown li::marker { color: var(--_muted); }
.markdown a { color: var(--_accent); text-underline-offset: 0.15em; text-decoration-thickness: 1px; }
.markdown a:hover { text-decoration-thickness: 2px; }
.markdown blockquote { margin-inline: 0; padding-inline-start: 1rem; border-inline-start: 2px solid var(--_line); color: var(--_muted); font-style: italic; }
.markdown hr { margin-block: 1.5rem; border: 0; border-block-start: 1px solid var(--_line); }
.markdown img { max-inline-size: 100%; block-size: auto; border-radius: var(--_radius); }
.markdown :is(code, kbd, samp) { padding: 0.1em 0.3em; border-radius: 3px; background: var(--_surface); font: 0.85em/1.5 var(--_mono); }

.table { margin-block: 0 0.85rem; }
.wide { overflow-x: auto; scrollbar-width: thin; }
.markdown .wide table { margin: 0; border-collapse: collapse; font: 0.9375rem/1.45 var(--_sans); font-variant-numeric: tabular-nums; overflow-wrap: normal; }
.markdown .wide table.long { table-layout: fixed; min-inline-size: 100%; }
.wide :is(th, td) { padding-block: 0.4rem; padding-inline: 0 1rem; border-block-end: 1px solid var(--_line); vertical-align: top; text-align: start; }
.wide :is(th, td)[align="right"] { text-align: right; }
.wide :is(th, td)[align="center"] { text-align: center; }
.table-foot { display: flex; justify-content: end; opacity: 0; }
.table:is(:hover, :focus-within) .table-foot { opacity: 1; }
@media (hover: none) { .table-foot { opacity: 1; } }
.markdown .task { list-style: none; }
.markdown .task::marker { content: none; }
.markdown ul:has(> .task) { padding-inline-start: 0.25rem; }
.math { font-style: normal; }
.math-block { display: block; overflow: auto hidden; padding-block: 0.35rem; text-align: center; scrollbar-width: thin; }
.math math { font-size: 1.08em; }
.wide th { color: var(--_muted); font-weight: 500; }

.picture { padding: 0.35rem 0.7rem; border: 1px dashed var(--_muted); border-radius: var(--_radius); background: none; color: var(--_muted); font: 0.9375rem/1.4 var(--_sans); text-align: start; overflow-wrap: anywhere; }
button.picture:hover { color: var(--_ink); border-color: var(--_ink); }
@container (max-width: 30rem) {
  .markdown :is(ul, ol) { padding-inline-start: 1.1rem; }
}
`;
