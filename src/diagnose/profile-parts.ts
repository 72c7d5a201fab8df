// Which layer of a model a kernel works for, and in which part of the step.
import type { Node } from '../graph/graph.ts';
import type { Program } from '../program/program.ts';

/** `gradients` are those of inputs and weights in one. */
export type Direction = 'forward' | 'input gradient' | 'weight gradient' | 'gradients' | 'update';

export interface Part {
  /** The layer's name in the model. */
  readonly layer: string;
  readonly direction: Direction;
}

/** The part of a program that a kernel belongs to, by the kernel's name. */
export function partsOf(program: Program): (kernel: string) => Part {
  const nodes = new Map(program.nodes.map((node) => [node.name, node]));
  const readers = readersOf(program);
  return (kernel) => {
    const node = nodes.get(nodeName(kernel, nodes));
    return node ? partOf(node, readers) : { layer: kernel, direction: 'forward' };
  };
}

/** The node that a kernel is named after: `relu1`, of which `relu1.plain` is a copy in another layout. */
function nodeName(kernel: string, nodes: ReadonlyMap<string, Node>): string {
  if (nodes.has(kernel)) return kernel;
  const shorter = kernel.replace(/[.:][^.:]*$/, '');
  return shorter === kernel ? kernel : nodeName(shorter, nodes);
}

/** As `gradients` names what it adds for a node. */
const GRADIENT = /^(.+)\.grad(?:\.[A-Z]\w*)?$/;
/** As `trainProgram` names what it adds for a variable. */
const UPDATE = /^(.+)\.update(?:\.[A-Z]\w*)?$/;

function partOf({ name, outputs }: Node, readers: Readers): Part {
  const variable = UPDATE.exec(name)?.[1];
  if (variable) return { layer: variable.replace(/\.[^.]+$/, ''), direction: 'update' };
  const layer = GRADIENT.exec(name)?.[1];
  if (!layer) return { layer: name, direction: 'forward' };
  const updating = outputs
    .flatMap((output) => readers.get(output) ?? [])
    .map((reader) => UPDATE.test(reader));
  if (!updating.includes(true)) return { layer, direction: 'input gradient' };
  return { layer, direction: updating.includes(false) ? 'gradients' : 'weight gradient' };
}

/** Names of the nodes that read each value. */
type Readers = ReadonlyMap<Node['outputs'][number], string[]>;

function readersOf({ nodes }: Program): Readers {
  const readers = new Map<Node['outputs'][number], string[]>();
  for (const { name, inputs } of nodes) {
    for (const input of inputs) readers.set(input, [...(readers.get(input) ?? []), name]);
  }
  return readers;
}
