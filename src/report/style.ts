// The style sheet of the page: narrow and wide screens, dark mode, and print.
import { dark, declarations, light, variables } from './palette.ts';
import { plotStyle } from './plots/style.ts';

export const pageStyle = `
:root { color-scheme: light dark; ${declarations(light)} }
@media screen and (prefers-color-scheme: dark) { :root { ${declarations(dark)} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); line-height: 1.5;
  font-family: system-ui, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif; }
main { max-width: 1100px; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.75rem; padding-bottom: 0.25rem; border-bottom: 1px solid var(--grid); }
h3 { font-size: 0.95rem; margin: 0; overflow-wrap: anywhere; }
p { margin: 0.25rem 0; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.note { border-left: 4px solid var(--second); padding: 0.25rem 0.75rem; background: var(--panel); margin-top: 0.75rem; }
.outcome strong { text-transform: capitalize; }
.cards { list-style: none; margin: 1rem 0 0; padding: 0; display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); }
.cards li { background: var(--panel); border: 1px solid var(--grid); border-radius: 8px; padding: 0.75rem 1rem; }
.cards .name, .cards strong, .cards .faint { display: block; }
.cards strong { font-size: 1.7rem; line-height: 1.3; font-variant-numeric: tabular-nums; }
.cards .faint { font-size: 0.85rem; }
.plots { display: grid; align-items: start; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); margin: 1rem 0; }
figure { margin: 0; }
.plots figure { background: var(--panel); border: 1px solid var(--grid); border-radius: 8px; padding: 0.5rem; }
.plot { display: block; width: 100%; height: auto; max-height: 90vh; }
.scrolls { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
caption { text-align: left; font-weight: 600; padding-bottom: 0.35rem; }
th, td { padding: 0.25rem 0.75rem; border-bottom: 1px solid var(--grid); text-align: left; font-weight: normal; }
th { max-width: 16rem; overflow-wrap: anywhere; }
tbody th { min-width: 6.5rem; }
thead th { font-weight: 600; overflow-wrap: normal; vertical-align: bottom; min-width: 3.5rem; }
.right { text-align: right; white-space: nowrap; }
thead .right { white-space: normal; }
summary { cursor: pointer; padding: 0.35rem 0; color: var(--first); }
.facts { display: grid; gap: 0.35rem 1.5rem; margin: 0.75rem 0; }
.facts div { display: grid; grid-template-columns: minmax(8rem, 14rem) 1fr; gap: 0 1rem; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; }
pre { background: var(--panel); border: 1px solid var(--grid); border-radius: 8px; padding: 0.75rem 1rem; white-space: pre-wrap;
  overflow-wrap: anywhere; }
.misclassified { list-style: none; margin: 0; padding: 0; display: grid; gap: 1rem;
  grid-template-columns: repeat(auto-fill, minmax(130px, 1fr)); font-size: 0.85rem; }
.misclassified figcaption { overflow-wrap: anywhere; line-height: 1.35; padding-top: 0.35rem; }
.misclassified img { width: 128px; height: 128px; }
.rows { display: grid; gap: 0.75rem 2rem; margin: 0.75rem 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); }
.images { display: grid; grid-template-columns: repeat(6, minmax(0, 84px)); gap: 4px; margin-top: 0.25rem; }
.images img { width: 100%; height: auto; aspect-ratio: 1; }
.inspection { display: grid; align-items: start; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); margin: 1rem 0; }
.inspection img { max-width: 100%; height: auto; }
img { object-fit: contain; background: var(--panel); border: 1px solid var(--grid); border-radius: 4px; }
img.small { image-rendering: pixelated; }
@media (max-width: 480px) {
  .facts div { grid-template-columns: 1fr; }
  th, td { padding: 0.25rem 0.4rem; }
}
@media print {
  @page { margin: 14mm; }
  body { font-size: 10pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  h2 { break-after: avoid; }
  figure, tr, .cards li, .row, .misclassified li { break-inside: avoid; }
  .plots, .inspection { grid-template-columns: 1fr 1fr; }
  .cards { grid-template-columns: repeat(4, 1fr); }
  .rows { grid-template-columns: 1fr 1fr; }
  .misclassified { grid-template-columns: repeat(6, 1fr); }
  .misclassified img { width: 100%; height: auto; aspect-ratio: 1; }
  .scrolls { overflow: visible; }
  details:not([open]) { display: none; }
}
${plotStyle(variables)}`;
