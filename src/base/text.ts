// Text for people: counts, lists, sizes and times in messages, and names from files made safe to show.

/** `1234567` as `1,234,567`. */
export function formatInteger(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 image`, `2,000 images`. @param plural where it is not the noun with an s */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatInteger(count)} ${count === 1 ? noun : plural}`;
}

/** The first `most` names, and `...` if there are more: `a, b, c, ...` */
export function formatList(names: readonly string[], most = 3): string {
  return [...names.slice(0, most), ...(names.length > most ? ['...'] : [])].join(', ');
}

/** `0.1234` as `12.3%`. */
export function formatPercent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)}%`;
}

/** `0.9150`; a dash if the value is missing or not finite. */
export function formatDecimals(value: number | null | undefined, digits = 4): string {
  return Number.isFinite(value) ? Number(value).toFixed(digits) : '–';
}

/** `0.9150 (95% CI 0.8671–0.9466)` */
export function formatEstimate(value: number, interval: readonly [low: number, high: number]): string {
  return `${formatDecimals(value)} (95% CI ${formatInterval(interval)})`;
}

/** `0.8671–0.9466`; `digits` is the number of decimals. */
export function formatInterval([low, high]: readonly [low: number, high: number], digits = 4): string {
  return `${low.toFixed(digits)}–${high.toFixed(digits)}`;
}

/** A number with `digits` significant digits, without trailing zeros: `0.001`, `1230`. */
export function formatSignificant(value: number, digits: number): string {
  return String(Number(value.toPrecision(digits)));
}

const UNITS = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
] as const;

/** `512 bytes`, `1.5 KiB`, `288 MiB`, `3.2 GiB` */
export function formatBytes(bytes: number): string {
  const unit = UNITS.find(([, size]) => bytes >= size);
  if (!unit) return formatCount(bytes, 'byte');
  const [name, size] = unit;
  return `${(bytes / size).toLocaleString('en-US', { maximumFractionDigits: 1 })} ${name}`;
}

/** `12.3 s`, `4 min 10 s` or `1 h 2 min` */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.floor(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1.5 steps/s`, `12,345 images/s` */
export function formatRate(perSecond: number, unit: string): string {
  const rate = perSecond >= 100 ? formatInteger(Math.round(perSecond)) : perSecond.toFixed(1);
  return `${rate} ${unit}/s`;
}

/** Seconds as on a clock: `0:07`, `12:34` or `1:02:03`. */
export function formatClock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** Bytes in hexadecimal: `89 50 4e 47`. */
export function formatHex(bytes: Iterable<number>): string {
  return Array.from(bytes, (byte) => hex(byte, 2)).join(' ');
}

/** How a command line writes the option of a program: `--batch-size` for `batchSize`. */
export function formatFlag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** Controls, lone surrogates, line separators, zero-width and directional formatting characters. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

const familiar: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * `text` on one line, with the characters escaped that would move the cursor, break the line or reorder the text: an escape
 * character as `\x1b`, a line break as `\n`.
 */
export function visible(text: string): string {
  return text.replace(UNSAFE, (character) => {
    const code = codeOf(character);
    const escaped = code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`;
    return familiar[character] ?? escaped;
  });
}

/** JSON with the same characters as `\u` escapes, equal after parsing. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(UNSAFE, (character) => `\\u${hex(codeOf(character), 4)}`);
}

/** All unsafe characters have one UTF-16 code unit. */
function codeOf(character: string): number {
  return character.charCodeAt(0);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}
