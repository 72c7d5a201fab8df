// Colors that are distinguishable with color-vision deficiency: Okabe & Ito 2008, Color Universal Design.

/** The color of each element; lines also differ in dashes and marks. */
export interface Palette {
  readonly paper: string;
  readonly ink: string;
  /** Secondary text. */
  readonly faint: string;
  readonly grid: string;
  readonly panel: string;
  readonly first: string;
  readonly second: string;
  readonly third: string;
  readonly bars: string;
}

export const light: Palette = {
  paper: '#ffffff',
  ink: '#1b1f24',
  faint: '#57606a',
  grid: '#e3e6ea',
  panel: '#f6f7f9',
  first: '#0072b2',
  second: '#d55e00',
  third: '#009e73',
  bars: '#c3c9d1',
};

export const dark: Palette = {
  paper: '#14171c',
  ink: '#e8eaed',
  faint: '#a0a8b3',
  grid: '#31363e',
  panel: '#1d2127',
  first: '#56b4e9',
  second: '#e69f00',
  third: '#2bc59a',
  bars: '#4a525d',
};

/** The colors as CSS variables, such as `var(--ink)`. */
export const variables = Object.fromEntries(
  Object.keys(light).map((name) => [name, `var(--${name})`]),
) as unknown as Palette;

/** CSS declarations of the variables. */
export function declarations(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color};`)
    .join(' ');
}
