// What an optimizer is: how a parameter moves along its gradient, as nodes of the step's graph.
import { UsageError, unknownName } from '../base/errors.ts';
import { add, multiply } from '../expressions/builders.ts';
import { type Expression, operand, operandsOf } from '../expressions/expression.ts';
import type { Value } from '../graph/graph.ts';
import { elementwise } from '../ops/elementwise.ts';

/** What an update starts from: the parameter, its gradient, and numbers that change from step to step. */
export interface UpdateInputs {
  /** The parameter's value. */
  readonly weight: Value;
  /** Of the weight's shape. */
  readonly gradient: Value;
  /** `[]` */
  readonly learningRate: Value;
  /** Number of the update, from 1, as float32 `[]`; asking for it makes it an input of the program. */
  readonly step: () => Value;
  /** The optimizer's own tensors for this parameter, by slot. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Whether weight decay applies to this parameter. */
  readonly decays: boolean;
}

/** Next values of the weight and of every slot. */
export interface Updated {
  readonly weight: Value;
  readonly slots: Readonly<Record<string, Value>>;
}

/** An optimizer of any name: the built-in ones come from functions such as `sgd()`, and programs may bring their own. */
export interface Optimizer {
  readonly name: string;
  /** What it was created with, for the record of the run. */
  readonly settings: Readonly<Record<string, number>>;
  /** Names of the tensors kept for each parameter, all of the parameter's shape and zero at the start. */
  readonly slots: readonly string[];
  update(inputs: UpdateInputs): Updated;
}

/** A number that an optimizer is created with. */
export interface OptimizerSetting {
  readonly default: number;
  /** For `--help`. */
  readonly help: string;
}

type Settings<S extends string> = Readonly<Record<S, number>>;

/** An optimizer as its file declares it. */
export interface OptimizerDeclaration<S extends string = string> {
  readonly name: string;
  /** What it is, for `--help`. */
  readonly summary: string;
  /** Default learning rate. */
  readonly learningRate: number;
  readonly settings: Readonly<Record<S, OptimizerSetting>>;
  /** Names of the tensors kept for each parameter. */
  slots(settings: Settings<S>): readonly string[];
  /** `settings.weightDecay` is 0 for parameters that weight decay does not apply to. */
  update(inputs: Omit<UpdateInputs, 'decays'>, settings: Settings<S>): Updated;
}

/** Creates an optimizer. */
export interface OptimizerFactory<S extends string = string> {
  /** @throws UsageError for an unknown setting, or one below 0 */
  (settings?: Readonly<Partial<Record<S, number>>>): Optimizer;
  readonly declaration: OptimizerDeclaration<S>;
}

/** The function that creates optimizers of the declared kind. */
export function defineOptimizer<S extends string>(declaration: OptimizerDeclaration<S>): OptimizerFactory<S> {
  const create = (given: Readonly<Record<string, number | undefined>> = {}): Optimizer => {
    const settings = resolveSettings(declaration, given);
    return {
      name: declaration.name,
      settings,
      slots: declaration.slots(settings),
      update: ({ decays, ...inputs }) =>
        declaration.update(inputs, decays ? settings : { ...settings, weightDecay: 0 }),
    };
  };
  return Object.assign(create, { declaration });
}

function resolveSettings<S extends string>(
  { name, settings }: OptimizerDeclaration<S>,
  given: Readonly<Record<string, number | undefined>>,
): Settings<S> {
  for (const [key, value] of Object.entries(given)) {
    if (!Object.hasOwn(settings, key)) throw unknownName(`setting of ${name}`, key, Object.keys(settings));
    if (value !== undefined && !(value >= 0))
      throw new UsageError(`${key} of ${name} must be a non-negative number, got ${value}.`);
  }
  const entries = Object.entries<OptimizerSetting>(settings);
  return Object.fromEntries(
    entries.map(([key, setting]) => [key, given[key] ?? setting.default]),
  ) as Settings<S>;
}

/** One element of everything that an update starts from: weight, gradient, learningRate, step, and the slots by name. */
type UpdateOperands = Readonly<Record<string, Expression>>;

/**
 * An update whose next values, of the weight and of every slot, are formulas. What depends on the learning rate and the
 * number of the step alone is computed once, in double precision.
 * @param operator its name
 */
export function formulaUpdate<S extends string>(
  operator: string,
  formula: (operands: UpdateOperands, settings: Settings<S>) => Readonly<Record<string, Expression>>,
): OptimizerDeclaration<S>['update'] {
  return ({ weight, gradient, learningRate, step, slots }, settings) => {
    const values = { weight, ...slots, gradient, learningRate };
    const operands = [...Object.keys(values), 'step'];
    const outputs = formula(Object.fromEntries(operands.map((name, i) => [name, operand(i)])), settings);
    const readsStep = operandsOf(...Object.values(outputs)).includes(operands.length - 1);
    const update = elementwise({
      name: operator,
      operands: readsStep ? operands : operands.slice(0, -1),
      formula: () => outputs,
    });
    const inputs = [...Object.values(values), ...(readsStep ? [step()] : [])];
    const next = weight.graph.add(update, inputs, settings);
    const { weight: nextWeight, ...nextSlots } = Object.fromEntries(
      Object.keys(outputs).map((name, i) => [name, next[i]]),
    );
    return { weight: nextWeight, slots: nextSlots };
  };
}

/** g + weightDecay w: the gradient with an L2 penalty. */
export function penalized(gradient: Expression, weight: Expression, weightDecay: number): Expression {
  return add(gradient, multiply(weightDecay, weight));
}

/** decay average + (1 - decay) value: one step of an exponential moving average. */
export function movingAverage(average: Expression, value: Expression, decay: number): Expression {
  return add(multiply(decay, average), multiply(1 - decay, value));
}

/** decay average + (1 - decay) value^2 */
export function movingSquare(average: Expression, value: Expression, decay: number): Expression {
  return add(multiply(decay, average), multiply(multiply(1 - decay, value), value));
}

export const weightDecay: OptimizerSetting = { default: 0, help: 'L2 penalty added to the gradient' };
