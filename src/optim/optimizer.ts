// The optimizer interface: an optimizer adds the update of each parameter to the graph of a training step.
import { UsageError, unknownName } from '../base/errors.ts';
import { add, multiply } from '../expressions/builders.ts';
import { type Expression, operand, operandsOf } from '../expressions/expression.ts';
import type { Value } from '../graph/graph.ts';
import { elementwise } from '../ops/elementwise.ts';

/** Inputs of an update: a parameter, its gradient and state, and the hyperparameters of the step. */
export interface UpdateInputs {
  /** Value of the parameter. */
  readonly weight: Value;
  /** Gradient of the loss, of the weight's shape. */
  readonly gradient: Value;
  /** Learning rate, `[]`. */
  readonly learningRate: Value;
  /** Number of the update from 1, float32 `[]`; calling this makes it an input of the program. */
  readonly step: () => Value;
  /** Optimizer state of this parameter, by slot, of the weight's shape. */
  readonly slots: Readonly<Record<string, Value>>;
  /** Whether weight decay applies to this parameter. */
  readonly decays: boolean;
}

/** Next values of the weight and of every state slot. */
export interface Updated {
  readonly weight: Value;
  readonly slots: Readonly<Record<string, Value>>;
}

/**
 * An optimizer. The built-in ones are created by functions such as `sgd()`; implement this interface, or use
 * `defineOptimizer`, for another one.
 */
export interface Optimizer {
  readonly name: string;
  /** Settings it was created with; stored with the run. */
  readonly settings: Readonly<Record<string, number>>;
  /** Names of the state tensors of each parameter; all have the shape of the parameter and start at zero. */
  readonly slots: readonly string[];
  /** Adds the update of one parameter to the graph. */
  update(inputs: UpdateInputs): Updated;
}

/** A numeric setting of an optimizer. */
export interface OptimizerSetting {
  readonly default: number;
  /** A noun phrase that says what the setting is. */
  readonly help: string;
}

type Settings<S extends string> = Readonly<Record<S, number>>;

/** The declaration of an optimizer: settings with defaults, state slots and update. */
export interface OptimizerDeclaration<S extends string = string> {
  readonly name: string;
  /** Description in `--help`. */
  readonly summary: string;
  /** Default learning rate. */
  readonly learningRate: number;
  readonly settings: Readonly<Record<S, OptimizerSetting>>;
  /** Names of the state tensors of each parameter. */
  slots(settings: Settings<S>): readonly string[];
  /** Adds the update of one parameter; `settings.weightDecay` is 0 for parameters without weight decay. */
  update(inputs: Omit<UpdateInputs, 'decays'>, settings: Settings<S>): Updated;
}

/** Creates an optimizer from settings; omitted settings have the declared defaults. */
export interface OptimizerFactory<S extends string = string> {
  /** @throws UsageError for an unknown or negative setting */
  (settings?: Readonly<Partial<Record<S, number>>>): Optimizer;
  readonly declaration: OptimizerDeclaration<S>;
}

/**
 * Defines an optimizer: returns a function that creates it from settings, like `sgd` or `adam`.
 * @example
 * const signSgd = defineOptimizer({
 *   name: 'signSgd',
 *   summary: 'steps along the sign of the gradient',
 *   learningRate: 0.001,
 *   settings: {},
 *   slots: () => [],
 *   update: formulaUpdate('SignSgdUpdate', ({ weight, gradient, learningRate }) => ({
 *     weight: expressions.subtract(weight, expressions.multiply(learningRate, expressions.sign(gradient))),
 *   })),
 * });
 */
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

/** One element of each input of an update: weight, gradient, learningRate, step, and the state slots by name. */
type UpdateOperands = Readonly<Record<string, Expression>>;

/**
 * An update given by formulas for the next values of `weight` and of every state slot, for `defineOptimizer`.
 * Subexpressions of learning rate and step alone are computed once, in double precision.
 * @param operator name of the operator in graphs and profiles
 * @param formula the next values, written with `expressions`
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

/** g + weightDecay w: the gradient of the loss with an L2 penalty. */
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
