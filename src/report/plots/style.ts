// The style sheet of plots, with CSS variables for the page or with colors for stand-alone files.
import type { Palette } from '../palette.ts';

/** CSS rules for plots. */
export function plotStyle({ paper, ink, faint, grid, first, second, third, bars }: Palette): string {
  return `
.plot text { fill: ${ink}; font: 13px system-ui, "Segoe UI", "DejaVu Sans", "Noto Sans", sans-serif; }
.plot .title { font-weight: bold; font-size: 15px; }
.plot .tick text, .plot .note { fill: ${faint}; font-size: 12px; }
.plot .paper { fill: ${paper}; }
.plot .grid { stroke: ${grid}; stroke-width: 1; }
.plot .axis { stroke: ${faint}; stroke-width: 1; fill: none; }
.plot .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.plot .band { opacity: 0.18; stroke: none; }
.plot .dashed { stroke-dasharray: 7 4; }
.plot .dotted { stroke-dasharray: 2 4; }
.plot .mark { stroke: ${paper}; stroke-width: 1; }
.plot .line.first { stroke: ${first}; } .plot .mark.first, .plot .band.first, .plot .cell { fill: ${first}; }
.plot .line.second { stroke: ${second}; } .plot .mark.second, .plot .band.second { fill: ${second}; }
.plot .line.third { stroke: ${third}; } .plot .mark.third { fill: ${third}; }
.plot .line.reference { stroke: ${faint}; stroke-width: 1.25; }
.plot .bar { fill: ${bars}; }
.plot .cell-frame { fill: none; stroke: ${grid}; }
.plot .on-cell { fill: ${paper}; }
`;
}
