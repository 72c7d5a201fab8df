// Reads pickles (Python's object format, protocols 2 to 5) as data. https://docs.python.org/3/library/pickletools.html
// Instructions that weights do not need are refused; names are looked up only in a fixed table (machine.ts).
import type { Bytes } from '../source.ts';
import { PickleEnd, PickleFault } from './fault.ts';
import { Machine, type Names, Opaque, type PersistentLoad } from './machine.ts';

/** The value of a pickle, and its end in the bytes. */
export interface Unpickled {
  readonly value: unknown;
  readonly end: number;
}

export interface PickleOptions {
  readonly names: Names;
  readonly persistentLoad?: PersistentLoad;
}

/** Networks have about 30 per tensor; limits the memory of small values. */
const MAX_INSTRUCTIONS = 1_000_000;
const HIGHEST_PROTOCOL = 5;
/** Longer integers are not read; seeds and states of random generators mostly have 16 bytes. */
const MAX_INTEGER_BYTES = 32;
const STOP = 0x2e;
const FIRST_WINDOW = 2 ** 20;
const WINDOW_GROWTH = 8;

type Instruction = (machine: Machine) => void;

/** By code; Python's names beside them. */
const instructions: Readonly<Record<number, Instruction>> = {
  128: (machine) => checkProtocol(machine.cursor.uint8()), // PROTO
  149: ({ cursor }) => cursor.take(8), // FRAME: how much to read at once
  48: (machine) => machine.pop(), // POP
  49: (machine) => machine.popToMark(), // POP_MARK
  50: (machine) => machine.push(machine.top()), // DUP
  40: (machine) => machine.mark(), // MARK
  78: (machine) => machine.push(null), // NONE
  136: (machine) => machine.push(true), // NEWTRUE
  137: (machine) => machine.push(false), // NEWFALSE
  74: (machine) => machine.push(machine.cursor.int32()), // BININT
  75: (machine) => machine.push(machine.cursor.uint8()), // BININT1
  77: (machine) => machine.push(machine.cursor.uint16()), // BININT2
  138: (machine) => pushInteger(machine, machine.cursor.uint8()), // LONG1
  139: (machine) => pushInteger(machine, machine.cursor.uint32()), // LONG4
  71: (machine) => machine.push(machine.cursor.float64BigEndian()), // BINFLOAT
  85: (machine) => machine.push(machine.cursor.latin1(machine.cursor.uint8())), // SHORT_BINSTRING
  84: (machine) => machine.push(machine.cursor.latin1(machine.cursor.uint32())), // BINSTRING
  140: (machine) => machine.push(machine.cursor.text(machine.cursor.uint8())), // SHORT_BINUNICODE
  88: (machine) => machine.push(machine.cursor.text(machine.cursor.uint32())), // BINUNICODE
  141: (machine) => machine.push(machine.cursor.text(machine.cursor.uint64())), // BINUNICODE8
  67: (machine) => machine.push(machine.cursor.take(machine.cursor.uint8())), // SHORT_BINBYTES
  66: (machine) => machine.push(machine.cursor.take(machine.cursor.uint32())), // BINBYTES
  142: (machine) => machine.push(machine.cursor.take(machine.cursor.uint64())), // BINBYTES8
  150: (machine) => machine.push(machine.cursor.take(machine.cursor.uint64())), // BYTEARRAY8
  93: (machine) => machine.push([]), // EMPTY_LIST
  97: (machine) => machine.append([machine.pop()]), // APPEND
  101: (machine) => machine.append(machine.popToMark()), // APPENDS
  41: (machine) => machine.push([]), // EMPTY_TUPLE
  116: (machine) => machine.push(machine.popToMark()), // TUPLE
  133: (machine) => machine.push(machine.popMany(1)), // TUPLE1
  134: (machine) => machine.push(machine.popMany(2)), // TUPLE2
  135: (machine) => machine.push(machine.popMany(3)), // TUPLE3
  143: (machine) => machine.push([]), // EMPTY_SET
  144: (machine) => machine.append(machine.popToMark()), // ADDITEMS
  145: (machine) => machine.push(machine.popToMark()), // FROZENSET
  125: (machine) => machine.push(new Map()), // EMPTY_DICT
  115: (machine) => machine.setItems(machine.popMany(2)), // SETITEM
  117: (machine) => machine.setItems(machine.popToMark()), // SETITEMS
  99: (machine) => machine.find(machine.cursor.line(), machine.cursor.line()), // GLOBAL
  147: (machine) => machine.find(...(machine.popMany(2) as [unknown, unknown])), // STACK_GLOBAL
  82: (machine) => machine.call(), // REDUCE
  129: (machine) => machine.call(), // NEWOBJ: for classes, which are functions here
  146: (machine) => machine.callWithNames(), // NEWOBJ_EX
  98: (machine) => machine.build(), // BUILD
  113: (machine) => machine.remember(machine.cursor.uint8()), // BINPUT
  114: (machine) => machine.remember(machine.cursor.uint32()), // LONG_BINPUT
  148: (machine) => machine.rememberNext(), // MEMOIZE
  104: (machine) => machine.recall(machine.cursor.uint8()), // BINGET
  106: (machine) => machine.recall(machine.cursor.uint32()), // LONG_BINGET
  81: (machine) => machine.loadPersistent(), // BINPERSID
};

/**
 * Reads one pickle from the start of `bytes`.
 * @throws PickleFault if it is damaged or asks for more than data; PickleEnd if it is longer than `bytes`
 */
export function unpickle(bytes: Uint8Array, { names, persistentLoad }: PickleOptions): Unpickled {
  const machine = new Machine(bytes, names, persistentLoad);
  const { cursor } = machine;
  try {
    for (let count = 0; count < MAX_INSTRUCTIONS; count++) {
      machine.start = cursor.at;
      const code = cursor.uint8();
      if (code === STOP) return { value: machine.pop(), end: cursor.at };
      const instruction = instructions[code];
      if (!instruction) throw new PickleFault(`has the instruction ${code}, which weight files do not need`);
      instruction(machine);
    }
    throw new PickleFault(`has more than ${MAX_INSTRUCTIONS} instructions`);
  } catch (error) {
    if (error instanceof PickleFault) error.message = `byte ${machine.start} of its pickle ${error.message}`;
    throw error;
  }
}

/**
 * Reads one pickle from byte `start` on. Its length is not known before its end, so it is tried with more and more bytes.
 * @throws PickleFault if it is damaged, truncated, or asks for more than data
 */
export async function readPickle(source: Bytes, options: PickleOptions, start = 0): Promise<Unpickled> {
  const left = source.size - start;
  for (let length = FIRST_WINDOW; ; length *= WINDOW_GROWTH) {
    const bytes = await source.read(start, Math.min(length, left));
    try {
      const { value, end } = unpickle(bytes, options);
      return { value, end: start + end };
    } catch (error) {
      if (!(error instanceof PickleEnd) || length >= left) throw error;
    }
  }
}

function pushInteger(machine: Machine, length: number): void {
  if (length <= MAX_INTEGER_BYTES) machine.push(machine.cursor.integer(length));
  else machine.push(new Opaque(`is an integer of ${machine.cursor.take(length).length} bytes`));
}

function checkProtocol(protocol: number): void {
  if (protocol <= HIGHEST_PROTOCOL) return;
  throw new PickleFault(`is of protocol ${protocol}; expected at most ${HIGHEST_PROTOCOL}`);
}
