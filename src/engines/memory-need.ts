// Refuses programs that cannot fit into this machine's memory before anything is allocated for them.

import { UsageError } from '../base/errors.ts';
import { formatBytes } from '../base/text.ts';
import type { Value } from '../graph/graph.ts';
import type { Program } from '../program/program.ts';
import { machineMemory } from '../system/memory.ts';
import { sizeOf } from '../tensor/shape.ts';

const NUMBER_BYTES = 4; // float32 and int32

/** @throws UsageError if the program needs more memory than there is: operating systems overcommit, and kill the process that uses it */
export function checkMemory(program: Program, limit = machineMemory): void {
  const bytes = leastMemory(program);
  if (bytes <= limit) return;
  throw new UsageError(
    `"${program.name}" needs at least ${formatBytes(bytes)} of memory, but this machine has ${formatBytes(limit)}; use a ` +
      'smaller batch, smaller images or fewer classes.',
  );
}

/**
 * Bytes that any engine needs: the variables, and the values that are alive at the same time, where a result takes the
 * place of an operand that is not needed any more.
 */
export function leastMemory({ nodes, inputs, variables, results, updates }: Program): number {
  const lastUse = new Map<Value, number>();
  for (const [place, node] of nodes.entries()) for (const value of node.inputs) lastUse.set(value, place);
  for (const value of [...results.values(), ...updates.values()]) lastUse.set(value, nodes.length);
  let alive = bytesOf(inputs.map(({ value }) => value));
  let peak = alive;
  for (const [place, node] of nodes.entries()) {
    const operands = [...new Set(node.inputs)].filter(isComputed);
    const outputs = node.outputs.filter((value) => lastUse.has(value));
    peak = Math.max(peak, bytesOf([...operands, ...outputs]));
    alive += bytesOf(outputs) - bytesOf(operands.filter((value) => lastUse.get(value) === place));
    peak = Math.max(peak, alive);
  }
  return peak + bytesOf(variables.map(({ value }) => value));
}

function isComputed({ source }: Value): boolean {
  return source.kind === 'node' || source.kind === 'input';
}

function bytesOf(values: readonly Pick<Value, 'shape'>[]): number {
  return values.reduce((sum, { shape }) => sum + NUMBER_BYTES * sizeOf(shape), 0);
}
