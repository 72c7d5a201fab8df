// The memory planner: gives every tensor of the arena a place; tensors that are never needed at the same time may have the same one.
import { lookup } from '../../../../base/lookup.ts';
import { sizeOf } from '../../../../tensor/shape.ts';
import type { KernelRule, Target } from '../kernel.ts';
import { sameLayout, storageSize } from '../layout.ts';
import type { LayoutPlan, PlannedInstruction, PlannedTensor, Rules } from './layouts.ts';

/** Floats between places: a cache line of 64 bytes, also the widest vector. */
const ALIGNMENT = 16;

export interface MemoryPlan {
  /** Place of each arena tensor, in floats from the arena's start. */
  readonly places: ReadonlyMap<PlannedTensor, number>;
  /** Variables that an update writes straight into, by the tensor that the update makes. */
  readonly inVariable: ReadonlyMap<PlannedTensor, string>;
  /** Place of each instruction's workspace. */
  readonly workspaces: readonly number[];
  /** Floats of the arena. */
  readonly size: number;
}

/** A range of memory with the instructions, first to last, during which it is taken. */
interface Block {
  readonly size: number;
  readonly first: number;
  readonly last: number;
  place: number;
}

/** @param workspaces floats of scratch memory of each instruction */
export function planMemory(
  { instructions, results, updates }: LayoutPlan,
  rules: Rules,
  target: Target,
  workspaces: readonly number[],
): MemoryPlan {
  const lastUse = lastUses(instructions, [...results.values(), ...updates.values()]);
  const inVariable = updatesInPlace(instructions, rules, updates, lastUse);
  const owners = shareInPlace(instructions, rules, lastUse, inVariable);
  const blocks = new Map<PlannedTensor, Block>();
  instructions.forEach(({ outputs }, at) => {
    for (const output of outputs) {
      if (inVariable.has(output)) continue;
      const owner = owners.get(output) ?? output;
      const last = Math.max(lastUse.get(output) ?? at, blocks.get(owner)?.last ?? at);
      const size = storageSize(output.value.shape, output.layout, target.lanes);
      blocks.set(owner, { size, first: blocks.get(owner)?.first ?? at, last, place: 0 });
    }
  });
  const scratch = workspaces.map((size, at) => ({ size, first: at, last: at, place: 0 }));
  const size = place([...blocks.values(), ...scratch.filter((block) => block.size > 0)]);
  const places = new Map<PlannedTensor, number>();
  for (const { outputs } of instructions) {
    for (const output of outputs) {
      const block = blocks.get(owners.get(output) ?? output);
      if (block) places.set(output, block.place);
    }
  }
  return { places, inVariable, workspaces: scratch.map((block) => block.place), size };
}

/**
 * Number of the last instruction that needs each tensor; beyond the last one for what outlives the step, and for what
 * instructions whose outputs are constant across runs leave to the others, of this run and the next ones.
 */
function lastUses(
  instructions: readonly PlannedInstruction[],
  outliving: readonly PlannedTensor[],
): Map<PlannedTensor, number> {
  const last = new Map<PlannedTensor, number>();
  const kept = new Set<PlannedTensor>();
  instructions.forEach(({ inputs, outputs, constant }, at) => {
    for (const tensor of [...outputs, ...inputs]) last.set(tensor, at);
    if (constant) for (const tensor of outputs) kept.add(tensor);
    else for (const tensor of inputs) if (kept.has(tensor)) last.set(tensor, instructions.length);
  });
  for (const tensor of outliving) last.set(tensor, instructions.length);
  return last;
}

/** Updates that can be written over the variable, because nothing reads its old value afterwards. */
function updatesInPlace(
  instructions: readonly PlannedInstruction[],
  rules: Rules,
  updates: ReadonlyMap<string, PlannedTensor>,
  lastUse: ReadonlyMap<PlannedTensor, number>,
): Map<PlannedTensor, string> {
  const variables = new Map<string, PlannedTensor[]>();
  for (const tensor of instructions.flatMap(({ inputs }) => inputs)) {
    if (tensor.home.kind === 'variable') {
      variables.set(tensor.home.name, [...(variables.get(tensor.home.name) ?? []), tensor]);
    }
  }
  const result = new Map<PlannedTensor, string>();
  for (const [name, update] of updates) {
    const at = instructions.findIndex(({ outputs }) => outputs.includes(update));
    const maker = instructions[at];
    const readers = variables.get(name) ?? [];
    const free = readers.every(
      (tensor) => lookup(lastUse, tensor) <= at && sameLayout(tensor.layout, update.layout),
    );
    if (maker && free && !result.has(update) && writesOverInput(maker, rules, update, readers))
      result.set(update, name);
  }
  return result;
}

/** Whether an instruction may write `output` where `tensors` lie, as far as it reads them. */
function writesOverInput(
  { kind, attributes, inputs, outputs }: PlannedInstruction,
  rules: Rules,
  output: PlannedTensor,
  tensors: readonly PlannedTensor[],
): boolean {
  const rule: KernelRule = rules[kind];
  const pairs = rule.inPlace?.(attributes) ?? [];
  return inputs.every((input, from) => {
    if (!tensors.includes(input)) return true;
    return pairs.some((pair) => pair[0] === from && pair[1] === outputs.indexOf(output));
  });
}

/** For each output that takes over the memory of an input: the tensor that owned it first. */
function shareInPlace(
  instructions: readonly PlannedInstruction[],
  rules: Rules,
  lastUse: ReadonlyMap<PlannedTensor, number>,
  inVariable: ReadonlyMap<PlannedTensor, string>,
): Map<PlannedTensor, PlannedTensor> {
  const owners = new Map<PlannedTensor, PlannedTensor>();
  instructions.forEach(({ kind, attributes, inputs, outputs }, at) => {
    const rule: KernelRule = rules[kind];
    const taken = new Set<PlannedTensor>();
    for (const [from, to] of rule.inPlace?.(attributes) ?? []) {
      const [input, output] = [inputs[from], outputs[to]];
      if (!input || !output || owners.has(output) || taken.has(input) || inVariable.has(output)) continue;
      const free = input.home.kind === 'arena' && lastUse.get(input) === at && !inVariable.has(input);
      const once = inputs.filter((other) => other === input).length === 1;
      const alike =
        sizeOf(input.value.shape) === sizeOf(output.value.shape) && sameLayout(input.layout, output.layout);
      if (!free || !once || !alike) continue;
      taken.add(input);
      owners.set(output, owners.get(input) ?? input);
    }
  });
  return owners;
}

/** Places blocks so that no two that are taken at once overlap, large ones first; gives the size of all. */
function place(blocks: Block[]): number {
  /** By place. */
  const placed: Block[] = [];
  for (const block of blocks.toSorted((a, b) => b.size - a.size || a.first - b.first)) {
    for (const other of placed) {
      if (other.first > block.last || block.first > other.last) continue;
      if (block.place + block.size <= other.place) break;
      block.place = Math.max(block.place, align(other.place + other.size));
    }
    const next = placed.findIndex((other) => other.place > block.place);
    placed.splice(next === -1 ? placed.length : next, 0, block);
  }
  return placed.reduce((end, block) => Math.max(end, align(block.place + block.size)), 0);
}

function align(place: number): number {
  return Math.ceil(place / ALIGNMENT) * ALIGNMENT;
}
