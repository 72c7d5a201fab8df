// The list of instructions that fusion works on.

import { lookup } from '../../../../base/lookup.ts';
import type { Value } from '../../../../graph/graph.ts';
import type { Instruction } from '../instruction.ts';

/** Instructions in order, with the producer and the readers of every value. */
export class InstructionList {
  /** The instructions in the place of each one that there was at first. */
  private readonly places: Instruction[][] = [];
  private readonly placeOf = new Map<Instruction, number>();
  private readonly producers = new Map<Value, Instruction>();
  private readonly readersOf = new Map<Value, Set<Instruction>>();
  private readonly kept: ReadonlySet<Value>;

  constructor(list: readonly Instruction[], kept: ReadonlySet<Value>) {
    this.kept = kept;
    for (const [place, instruction] of list.entries()) {
      this.places.push([instruction]);
      this.add(instruction, place);
    }
  }

  toArray(): Instruction[] {
    return this.places.flat();
  }

  ofKind(...kinds: Instruction['kind'][]): Instruction[] {
    return this.toArray().filter(({ kind }) => kinds.includes(kind));
  }

  /** In order. */
  readers(value: Value): Instruction[] {
    const place = (instruction: Instruction) => lookup(this.placeOf, instruction);
    return [...(this.readersOf.get(value) ?? [])].sort((a, b) => place(a) - place(b));
  }

  /** The one instruction that reads `value`, if nothing else needs it. */
  soleReader(value: Value): Instruction | undefined {
    const readers = this.readers(value);
    const [reader] = readers;
    const reads = reader?.inputs.filter((input) => input === value).length;
    return readers.length === 1 && reads === 1 && !this.kept.has(value) ? reader : undefined;
  }

  producer(value: Value): Instruction | undefined {
    return this.producers.get(value);
  }

  isKept(value: Value): boolean {
    return this.kept.has(value);
  }

  /** Puts `replacement` in the place of `at`, and takes `others` out. */
  replace(at: Instruction, others: readonly Instruction[], ...replacement: Instruction[]): void {
    const place = lookup(this.placeOf, at);
    this.places[place] = this.places[place].flatMap((each) => (each === at ? replacement : [each]));
    for (const instruction of [at, ...others]) this.remove(instruction);
    for (const instruction of replacement) this.add(instruction, place);
  }

  private add(instruction: Instruction, place: number): void {
    this.placeOf.set(instruction, place);
    for (const output of instruction.outputs) this.producers.set(output, instruction);
    for (const input of instruction.inputs) {
      const readers = this.readersOf.get(input) ?? new Set();
      this.readersOf.set(input, readers.add(instruction));
    }
  }

  private remove(instruction: Instruction): void {
    const place = lookup(this.placeOf, instruction);
    this.places[place] = this.places[place].filter((other) => other !== instruction);
    for (const output of instruction.outputs) this.producers.delete(output);
    for (const input of instruction.inputs) lookup(this.readersOf, input).delete(instruction);
  }
}
