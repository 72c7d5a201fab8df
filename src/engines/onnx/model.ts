// Lowers a program to an ONNX model: inputs and variables become inputs of the model, results and updates its outputs.
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
import type { Feeds, HostInputs, Lowering, Operand } from './lowering/lowering.ts';
import { separatePads } from './separate-pads.ts';

/** The first operator set with the reductions and pooling that the lowerings use. */
const OPSET = 18;

/** An input of the model that is computed in JavaScript from the program's inputs before each run. */
export interface HostInput {
  readonly name: string;
  readonly make: (feeds: Feeds) => Tensor;
}

/** A model, with the names of the program's values in it. */
export interface LoweredProgram {
  readonly model: OnnxModel;
  /** Names in the model by names in the program. */
  readonly inputs: ReadonlyMap<string, string>;
  readonly variables: ReadonlyMap<string, string>;
  readonly updates: ReadonlyMap<string, string>;
  readonly results: ReadonlyMap<string, string>;
  readonly hostInputs: readonly HostInput[];
}

/**
 * Lowers a program.
 * @throws EngineError if an operator has neither a lowering nor an expansion
 */
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
  private readonly hostInputBuilder: HostInputs;

  constructor(program: Program, table: Lowerings) {
    this.program = program;
    this.table = table;
    this.hostInputBuilder = {
      add: ({ type, shape }, make) => {
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

  private addInput(base: string, value: Value): string {
    const name = this.builder.uniqueName(base);
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

  /** The name of an output; a value that is an input, a constant or already an output is copied. */
  private outputName(scope: string, value: Value): string {
    const { name } = this.operand(value);
    const taken = this.modelOutputs.some((output) => output.name === name);
    if (this.builder.isComputed(name) && !taken) return name;
    this.builder.enter(scope);
    return this.builder.node('Identity', [name]);
  }

  private lower(node: Node): void {
    this.builder.enter(node.name);
    const outputs = this.lowerNode(node);
    node.outputs.forEach((output, i) => {
      this.names.set(output, outputs[i]);
    });
  }

  private lowerNode({ name, operator, attributes, inputs, outputs }: Node): readonly string[] {
    const { builder, hostInputBuilder: hostInputs } = this;
    const operands = inputs.map((input) => this.operand(input));
    if (isElementwise(operator))
      return lowerFormulas(builder, operator.formula(attributes), operands, outputs);
    const builtIn = builtInName(operator);
    if (builtIn === undefined) throw internal(`${operator.name} was not expanded`);
    // The table pairs each operator with a lowering for its attributes, and the node has those.
    const lowering = this.table[builtIn] as Lowering<object>;
    return lowering({ builder, hostInputs, name, inputs: operands, outputs, attributes });
  }

  private operand(value: Value): Operand {
    const { source, shape, dtype } = value;
    const name = this.names.get(value) ?? this.constantName(value);
    return { name, shape, dtype, input: source.kind === 'input' ? source.name : undefined };
  }

  private constantName(value: Value): string {
    if (value.source.kind !== 'constant') throw internal(`${value.name} is used before it is computed`);
    const name = this.builder.constant(onnxTensor(value.source.tensor));
    this.names.set(value, name);
    return name;
  }
}

function onnxTensor({ dtype, shape, data }: Tensor): OnnxTensor {
  return { type: dtype, shape, data };
}
