// A streaming reader of nested lists of numbers in JSON, for files that are too large for one string.
import { DataError } from '../../base/errors.ts';

/** Receives the content of the lists in order. `place` is the position in each enclosing list, outermost first. */
export interface NumberListener {
  number(value: number, place: readonly number[]): void;
  /** Called at the end of the list at `place`, with its number of elements. */
  listEnd(place: readonly number[], length: number): void;
}

/** Codes of the characters in lists of numbers. */
const CHAR = {
  tab: 9,
  newline: 10,
  return: 13,
  space: 32,
  plus: 43,
  comma: 44,
  minus: 45,
  point: 46,
  zero: 48,
  nine: 57,
  upperE: 69,
  open: 91,
  close: 93,
  lowerE: 101,
} as const;

/** Of UTF-8. */
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Call `read` with the bytes in order, then `end`. */
export class NumberListReader {
  private readonly name: string;
  private readonly listener: NumberListener;
  private readonly place: number[] = [];
  private offset = 0;
  private ended = false;
  /** Whether the current list has an element at its last position. */
  private filled = false;
  private digits = 0;
  private mantissa = 0;
  private isNegative = false;
  private decimals = -1;
  private exponent = 0;
  private exponentSign = 0;

  /** @param name of the file, in messages */
  constructor(name: string, listener: NumberListener) {
    this.name = name;
    this.listener = listener;
  }

  /** @throws DataError for anything but lists of numbers */
  read(bytes: Uint8Array): void {
    const isMarked = this.offset === 0 && BYTE_ORDER_MARK.every((byte, i) => bytes[i] === byte);
    for (let i = isMarked ? BYTE_ORDER_MARK.length : 0; i < bytes.length; i++) {
      const code = bytes[i];
      if (code >= CHAR.zero && code <= CHAR.nine) this.digit(code - CHAR.zero);
      else this.sign(code, this.offset + i);
    }
    this.offset += bytes.length;
  }

  /** @throws DataError if lists are still open */
  end(): void {
    if (this.ended) return;
    throw new DataError(
      `${this.name}: ends inside its lists, after ${this.offset} bytes; fetch the file again.`,
    );
  }

  private digit(value: number): void {
    this.digits++;
    if (this.exponentSign !== 0) this.exponent = 10 * this.exponent + value;
    else {
      this.mantissa = 10 * this.mantissa + value;
      if (this.decimals >= 0) this.decimals++;
    }
  }

  private sign(code: number, at: number): void {
    const { comma, open, close, point, minus, plus, lowerE, upperE, space, tab, newline } = CHAR;
    const isSpace = code === space || code === newline || code === CHAR.return || code === tab;
    if (code === comma || code === open || code === close || isSpace) {
      this.finishNumber(at);
      if (!isSpace) this.structure(code, at);
    } else if (code === point && this.decimals < 0 && this.exponentSign === 0) this.decimals = 0;
    else if (code === minus && this.exponentSign !== 0) this.exponentSign = -1;
    else if (code === minus && this.digits === 0) this.isNegative = true;
    else if ((code === lowerE || code === upperE) && this.digits > 0) this.exponentSign = 1;
    else if (code !== plus || this.exponentSign === 0) this.fail(at);
  }

  private structure(code: number, at: number): void {
    const { place } = this;
    if (code === CHAR.open) {
      if (this.ended || this.filled) this.fail(at);
      place.push(0);
    } else if (place.length === 0 || (!this.filled && (code === CHAR.comma || place[place.length - 1] > 0)))
      this.fail(at);
    else if (code === CHAR.comma) {
      place[place.length - 1]++;
      this.filled = false;
    } else {
      const length = (place.pop() ?? 0) + Number(this.filled);
      this.listener.listEnd(place, length);
      this.filled = true;
      this.ended = place.length === 0;
    }
  }

  private finishNumber(at: number): void {
    if (this.digits === 0) return;
    if (this.filled || this.place.length === 0) this.fail(at);
    const power = this.exponentSign * this.exponent - Math.max(0, this.decimals);
    const size = power < 0 ? this.mantissa / 10 ** -power : this.mantissa * 10 ** power;
    this.listener.number(this.isNegative ? -size : size, this.place);
    this.filled = true;
    this.digits = 0;
    this.mantissa = 0;
    this.isNegative = false;
    this.decimals = -1;
    this.exponent = 0;
    this.exponentSign = 0;
  }

  private fail(at: number): never {
    throw new DataError(`${this.name}: unexpected byte ${at} in lists of numbers; fetch the file again.`);
  }
}
