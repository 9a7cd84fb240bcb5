/** Blocks of code: a head that stays in sight, text in boxes, colours that can be read in light and in dark. */

export const CODE = /* css */ `
.code { margin-block: 0 0.85rem; border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_surface); font: 0.875rem/1.55 var(--_mono); overflow: clip; }
.code figcaption {
  position: sticky; inset-block-start: 0; z-index: 1; display: flex; align-items: center; gap: 0.15rem; padding: 0.1rem 0.25rem 0.1rem 0.85rem;
  border-block-end: 1px solid var(--_line); background: var(--_surface); color: var(--_muted); font: 0.8125rem/1.5 var(--_sans);
}
.code-language { flex: 1; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.code figcaption .quiet:hover, .code figcaption [aria-pressed="true"] { background: var(--_paper); color: var(--_ink); }
.code pre { margin: 0; padding: 0.6rem 0.85rem 0.85rem; overflow-x: auto; overflow-wrap: normal; scrollbar-width: thin; tab-size: 4; }
.code.wrapped pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.code pre:focus-visible { outline-offset: -2px; }
.markdown .code code { padding: 0; background: none; font: inherit; }
.code .lines { display: block; content-visibility: auto; contain-intrinsic-size: auto 80rem; }
.code .lines:last-child { content-visibility: visible; }
.run { border-block-start: 1px solid var(--_line); }
.run-status { margin: 0; padding: 0.35rem 0.85rem; color: var(--_muted); font: 0.8125rem/1.5 var(--_sans); }
.run-picture { display: contents; }
.code .run pre { max-block-size: 24rem; padding-block-start: 0; overflow-y: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.run [data-stream="stderr"] { color: var(--_danger); }
.run img { display: block; max-inline-size: 100%; margin-block-start: 0.4rem; background: #fff; }
.artifact { padding: 0.75rem; border-block-start: 1px solid var(--_line); background: #fff; color: #1c2528; font: 0.875rem/1.5 var(--_sans); }
.artifact img { display: block; inline-size: 100%; block-size: auto; max-block-size: 32rem; object-fit: contain; background: #fff; }

.diagram { border-block: 0; border-block-end: 1px solid var(--_line); text-align: center; }
.diagram img { inline-size: auto; max-inline-size: 100%; margin-inline: auto; }
.diagram-fault { margin: 0; color: #96291c; overflow-wrap: anywhere; }

.t-comment, .t-quote, .t-meta { color: var(--_muted); }
.t-comment { font-style: italic; }
.t-keyword, .t-doctag, .t-selector-tag, .t-section, .t-name { color: var(--staysail-code-keyword, light-dark(#6a3a9c, #cbaaf0)); }
.t-string, .t-regexp, .t-addition, .t-char { color: var(--staysail-code-string, light-dark(#2d6130, #93cf93)); }
.t-number, .t-literal, .t-attr, .t-attribute, .t-symbol, .t-bullet { color: var(--staysail-code-number, light-dark(#8f4a00, #f0b070)); }
.t-title, .t-selector-id, .t-selector-class { color: var(--staysail-code-title, light-dark(#0d5662, #7fcbd5)); }
.t-built_in, .t-type, .t-link, .t-selector-attr, .t-selector-pseudo, .t-template-tag { color: var(--staysail-code-type, light-dark(#1f4fa3, #9dbcf5)); }
.t-deletion { color: var(--_danger); }
.t-emphasis { font-style: italic; }
.t-strong { font-weight: 700; }
@container (max-width: 34rem) {
  .code figcaption .label { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  .code figcaption .quiet { min-inline-size: 2.25rem; justify-content: center; }
}
`;
