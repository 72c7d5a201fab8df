// Turns a program into an ONNX model: variables and inputs become inputs of the model, updates and results its outputs.

import { internal } from '../../base/errors.ts';
import type { Node, Value } from '../../graph/graph.ts';
import { isElementwise } from '../../ops/elementwise.ts';
import type { Program } from '../../program/program.ts';
import type { Tensor } from '../../tensor/tensor.ts';
import { builtInName, expandProgram } from '../expand.ts';
import { ModelBuilder } from './builder.ts';
import type { OnnxModel, OnnxTensor, OnnxValueInfo } from './graph.ts';
import { lowerFormulas } from './lowering/elementwise.ts';
import { type Lowerings, lowerings } from './lowering/index.ts';
import type { Feeds, HostWork, Lowering, Operand } from './lowering/lowering.ts';
import { separatePads } from './separate-pads.ts';

/** The first operator set whose reductions and pooling are what the lowerings expect. */
const OPSET = 18;

/** An input of the model that is made in JavaScript from the program's inputs. */
export interface HostInput {
  readonly name: string;
  readonly make: (feeds: Feeds) => Tensor;
}

/** A model, and which of the program's values its inputs and outputs are. */
export interface LoweredProgram {
  readonly model: OnnxModel;
  /** Names in the model by names in the program. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string>;
  readonly updates: ReadonlyMap<string, string>;
  readonly results: ReadonlyMap<string, string>;
  readonly hostInputs: readonly HostInput[];
}

/** @throws EngineError if an operator has neither a lowering nor an expansion */
export function lowerProgram(program: Program, table: Lowerings = lowerings): LoweredProgram {
  return new ProgramLowering(expandProgram(program, 'onnx'), table).run();
}

class ProgramLowering {
  private readonly program: Program;
  private readonly table: Lowerings;
  private readonly builder = new ModelBuilder();
  private readonly names = new Map<Value, string>();
  private readonly modelInputs: OnnxValueInfo[] = [];
  private readonly modelOutputs: OnnxValueInfo[] = [];
  private readonly hostInputs: HostInput[] = [];
  private readonly host: HostWork;

  constructor(program: Program, table: Lowerings) {
    this.program = program;
    this.table = table;
    this.host = {
      feed: ({ type, shape }, make) => {
        const name = this.builder.uniqueName('host');
        this.modelInputs.push({ name, type, shape });
        this.hostInputs.push({ name, make });
        return name;
      },
    };
  }

  run(): LoweredProgram {
    const { program } = this;
    const inputs = new Map(program.inputs.map(({ name, value }) => [name, this.addInput(name, value)]));
    const variables = new Map(
      program.variables.map(({ variable, value }) => [variable.name, this.addInput(variable.name, value)]),
    );
    for (const node of program.nodes) this.lower(node);
    const updates = this.addOutputs('next', program.updates);
    const results = this.addOutputs('result', program.results);
    const { hostInputs } = this;
    return { model: this.model(), inputs, variables, updates, results, hostInputs };
  }

  private model(): OnnxModel {
    const nodes = separatePads(this.builder);
    const { initializers } = this.builder;
    const { modelInputs, modelOutputs, program } = this;
    return {
      name: program.name,
      opset: OPSET,
      nodes,
      initializers,
      inputs: modelInputs,
      outputs: modelOutputs,
    };
  }

  private addInput(wanted: string, value: Value): string {
    const name = this.builder.uniqueName(wanted);
    this.names.set(value, name);
    this.modelInputs.push({ name, type: value.dtype, shape: value.shape });
    return name;
  }

  private addOutputs(kind: string, values: ReadonlyMap<string, Value>): Map<string, string> {
    return new Map(
      [...values].map(([name, value]) => {
        const output = this.outputName(`${kind} ${name}`, value);
        this.modelOutputs.push({ name: output, type: value.dtype, shape: value.shape });
        return [name, output] as const;
      }),
    );
  }

  /** A value that is an input, a constant or an output already goes out a second time under another name. */
  private outputName(wanted: string, value: Value): string {
    const { name } = this.operand(value);
    const taken = this.modelOutputs.some((output) => output.name === name);
    if (this.builder.isComputed(name) && !taken) return name;
    this.builder.enter(wanted);
    return this.builder.node('Identity', [name]);
  }

  private lower(node: Node): void {
    this.builder.enter(node.name);
    const outputs = this.outputsOf(node);
    node.outputs.forEach((output, i) => {
      this.names.set(output, outputs[i]);
    });
  }

  private outputsOf({ name, operator, attributes, inputs, outputs }: Node): readonly string[] {
    const { builder, host } = this;
    const operands = inputs.map((input) => this.operand(input));
    if (isElementwise(operator)) return lowerFormulas(builder, operator.formula(attributes), operands);
    const builtIn = builtInName(operator);
    if (builtIn === undefined) throw internal(`${operator.name} was not expanded`);
    // The table pairs each operator with a lowering that takes its attributes, and the node was made with those.
    const lowering = this.table[builtIn] as Lowering<object>;
    return lowering({ builder, host, name, inputs: operands, outputs, attributes });
  }

  private operand(value: Value): Operand {
    const { source, shape, dtype } = value;
    const name = this.names.get(value) ?? this.constantName(value);
    return { name, shape, dtype, input: source.kind === 'input' ? source.name : undefined };
  }

  private constantName(value: Value): string {
    if (value.source.kind !== 'constant') throw internal(`${value.name} is used before it is computed`);
    const name = this.builder.constant(constantOf(value.source.tensor));
    this.names.set(value, name);
    return name;
  }
}

function constantOf({ dtype, shape, data }: Tensor): OnnxTensor {
  return { type: dtype, shape, data };
}
