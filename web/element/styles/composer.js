/** One box: the text on top, everything that acts on it below. */

export const COMPOSER = /* css */ `
.composer { border: 1px solid var(--_line); border-radius: calc(var(--_radius) + 4px); background: light-dark(color-mix(in srgb, var(--_paper) 40%, #fff), color-mix(in srgb, var(--_surface) 60%, var(--_paper))); }
.composer:focus-within { border-color: var(--_accent); }
.input {
  display: block; inline-size: 100%; min-block-size: 3rem; max-block-size: min(16rem, 40dvh); padding: 0.85rem 1rem 0.35rem; border: 0; background: none;
  color: inherit; font: 1rem/1.5 var(--_sans); resize: none; field-sizing: content; overflow-y: auto;
}
.input:focus-visible { outline: none; }
.composer:has(.input:focus-visible) { outline: 2px solid var(--_accent); outline-offset: -1px; }
.input::placeholder { color: var(--_muted); opacity: 1; }
.composer .attachments { padding: 0.75rem 0.75rem 0; }
.chosen-picture { inline-size: 2.25rem; block-size: 2.25rem; margin-inline: -0.3rem 0.5rem; border-radius: 4px; object-fit: cover; }
.composer-note span { display: block; }
.queue { display: grid; gap: 0.15rem; margin: 0; padding: 0.5rem 0.5rem 0.25rem 1rem; border-block-end: 1px solid var(--_line); list-style: none; font-size: 0.875rem; }
.queue li { display: flex; align-items: center; min-inline-size: 0; color: var(--_muted); }
.queue-words { flex: 1; min-inline-size: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.composer-note { padding: 0.75rem 1rem 0; color: var(--_danger); font-size: 0.875rem; }
.composer-note:empty { display: none; }
.composer-status { padding: 0.75rem 1rem 0; color: var(--_muted); font-size: 0.875rem; }
.composer-status:empty { display: none; }
.composer.dropping { border-color: var(--_accent); border-style: dashed; }
.file-notes { margin-inline-start: 0.5rem; color: var(--_muted); font-size: 0.8125rem; }
.composer-bar .camera { display: none; }
@media (pointer: coarse) {
  .composer-bar .camera { display: inline-flex; }
}
.composer-bar { display: flex; flex-wrap: wrap; align-items: center; gap: 0.25rem; padding: 0.25rem 0.5rem 0.5rem; }
.spent { display: flex; flex-basis: 100%; flex-wrap: wrap; order: 1; justify-content: flex-end; align-items: center; gap: 0 0.9rem; padding-inline: 0.5rem; }
.spent:not(:has(> :not(:empty, [hidden]))) { display: none; }
.composer-bar .send { margin-inline-start: auto; }
.context { display: inline-flex; align-items: center; gap: 0.4rem; color: var(--_muted); font-size: 0.8125rem; font-variant-numeric: tabular-nums; }
.context[hidden] { display: none; }
.context meter { inline-size: 3rem; block-size: 0.6rem; }
.send {
  display: inline-flex; align-items: center; gap: 0.4rem; min-block-size: 2.25rem; padding: 0.3rem 0.9rem; border: 1px solid transparent;
  border-radius: var(--_radius); background: var(--_accent); color: var(--_on-accent); font-weight: 600; font-size: 0.9375rem;
}
.send:hover { background: color-mix(in srgb, var(--_accent) 88%, var(--_ink)); }
.send.stop { background: none; border-color: var(--_accent); color: var(--_accent); }
@container (max-width: 34rem) {
  .composer-bar .label { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
  .composer-bar .quiet { min-inline-size: 2.5rem; min-block-size: 2.25rem; justify-content: center; }
}
`;
