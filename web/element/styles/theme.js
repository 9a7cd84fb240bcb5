/** Colours, type and the few controls. A page sets the --staysail-* variables; the short names are the chat's own. */

export const THEME = /* css */ `
:host {
  --_paper: var(--staysail-background, light-dark(#fbf9f4, #12181b));
  --_surface: var(--staysail-surface, light-dark(#f2eee4, #1a2226));
  --_ink: var(--staysail-text, light-dark(#1c2528, #e9e5db));
  --_muted: var(--staysail-muted, light-dark(#586466, #9caaac));
  --_line: var(--staysail-line, light-dark(#dcd6c8, #2d383d));
  --_accent: var(--staysail-accent, light-dark(#0d5662, #7fcbd5));
  --_on-accent: var(--staysail-on-accent, light-dark(#ffffff, #0b1a1d));
  --_danger: var(--staysail-danger, light-dark(#96291c, #f2a195));
  --_danger-surface: var(--staysail-danger-surface, light-dark(#faeae5, #2c1b19));
  --_radius: var(--staysail-radius, 6px);
  --_sans: var(--staysail-font, "Avenir Next", "Segoe UI", "Helvetica Neue", "Noto Sans", "Liberation Sans", system-ui, sans-serif);
  --_serif: var(--staysail-font-answer, "Iowan Old Style", "Palatino Linotype", Palatino, P052, "URW Palladio L", Georgia, "Noto Serif", serif);
  --_mono: var(--staysail-font-mono, ui-monospace, "SF Mono", "Cascadia Mono", Menlo, "DejaVu Sans Mono", monospace);
  --_measure: var(--staysail-measure, 46rem);
  color: var(--_ink);
  background: var(--_paper);
  font: 400 1rem/1.5 var(--_sans);
}
:host([theme="light"]) { color-scheme: light; }
:host([theme="dark"]) { color-scheme: dark; }
:host([theme="auto"]) { color-scheme: light dark; }

*, *::before, *::after { box-sizing: border-box; }
[hidden] { display: none !important; }
p, ul, figure, h3 { margin: 0; }
.visually-hidden {
  position: absolute; inline-size: 1px; block-size: 1px; margin: -1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap;
}
.icon {
  inline-size: 1rem; block-size: 1rem; flex: none; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round;
}
:focus { outline: none; }
:focus-visible { outline: 2px solid var(--_accent); outline-offset: 2px; }

button { font: inherit; color: inherit; cursor: pointer; }
.button, .latest {
  display: inline-flex; align-items: center; gap: 0.4rem; padding: 0.35rem 0.8rem;
  border: 1px solid var(--_line); border-radius: var(--_radius); background: var(--_paper);
}
.button:hover, .latest:hover { border-color: currentColor; }
.quiet {
  display: inline-flex; align-items: center; gap: 0.35rem; min-block-size: 2rem; padding: 0.2rem 0.5rem;
  border: 0; border-radius: var(--_radius); background: none; color: var(--_muted); font-family: var(--_sans); font-size: 0.8125rem;
}
.quiet:hover { color: var(--_ink); background: var(--_surface); }

@media (prefers-reduced-motion: reduce) {
  *, *::before, *::after { animation: none !important; transition: none !important; scroll-behavior: auto !important; }
}
@media (forced-colors: active) {
  .send, .button, .latest { border: 1px solid ButtonText; }
}
`;
