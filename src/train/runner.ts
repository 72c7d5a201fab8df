// The training loop. It computes and announces; logs, progress bars, reports and early stopping listen.

import { AbortedError } from '../base/errors.ts';
import { type Batch, Loader, type LoadingOptions } from '../data/loading/loader.ts';
import type { Engine } from '../engines/engine.ts';
import { countCorrect, Mean, predictedClasses } from '../metrics/index.ts';
import { plainLoss } from '../nn/index.ts';
import { afterValidation } from '../optim/plateau.ts';
import type { Announcer } from './announcer.ts';
import type { Checkpoint } from './checkpoint.ts';
import { firstEngine } from './config.ts';
import { divergence } from './divergence.ts';
import { FigureCounter, isBetter, scoreAll } from './evaluation.ts';
import type { Figures } from './events.ts';
import { isAllFinite, nonFiniteNames } from './finite.ts';
import type { TrainingRecord } from './metadata.ts';
import type { RunOptions, Trained } from './options.ts';
import { Pace } from './pace.ts';
import type { Plan } from './plan.ts';
import type { Session } from './session.ts';
import type { CheckpointStore } from './store.ts';

/** What the loop works with. */
export interface RunParts {
  readonly plan: Plan;
  /** Holds the weights to start from. */
  readonly session: Session;
  readonly store: CheckpointStore;
  readonly announcer: Announcer;
  readonly engine: Engine;
  readonly loading: LoadingOptions;
  readonly whenDiverged: NonNullable<RunOptions['whenDiverged']>;
  /** Where an earlier process left the run. */
  readonly start?: TrainingRecord;
  /** Notes for the user before the first step. */
  readonly warnings?: readonly string[];
}

/** One run, from its start or from where it was left, to its end. */
export class Run {
  private readonly parts: RunParts;
  private at: Omit<TrainingRecord, 'recipe'>;
  private savedStep = -1;
  private hasDiverged = false;
  /** Name of the engine last announced to listeners. */
  private engine: string;
  private readonly pace = new Pace();
  private readonly begun = this.pace.sums;
  /** Since the last `logged` event. */
  private window = { loss: new Mean(), accuracy: new Mean(), pace: this.begun };

  constructor(parts: RunParts) {
    this.parts = parts;
    this.engine = parts.store.engine ?? firstEngine(parts.engine);
    const { recipe: _, ...at } = parts.start ?? { step: 0, evaluatedStep: 0, sinceBest: 0 };
    this.at = at;
  }

  /** Trains to the last step or until told to stop, then tests the best checkpoint. */
  async toEnd(): Promise<Trained> {
    const { announcer, plan } = this.parts;
    await this.announceStart();
    await this.unlessAborted(() => this.trainSteps());
    if (!this.interrupted && this.at.evaluatedStep !== this.at.step) await this.validate();
    const { stop } = announcer;
    const early = this.at.step < plan.steps;
    if (stop && early) await announcer.announce({ type: 'stopped', ...this.place(), ...stop });
    if (this.savedStep !== this.at.step) await this.save('last', this.checkpoint());
    return this.finish();
  }

  private get interrupted(): boolean {
    return this.parts.announcer.stop?.by === 'signal';
  }

  /** The result of `work`; undefined if a stop request ends it while it compiles. */
  private async unlessAborted<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AbortedError && this.interrupted) return undefined;
      throw error;
    }
  }

  private async trainSteps(): Promise<void> {
    const { plan, announcer } = this.parts;
    const { logEvery, evaluateEvery } = plan.recipe;
    const loader = trainLoader(plan, this.parts.loading);
    if (this.isDue(evaluateEvery) && this.at.evaluatedStep !== this.at.step) await this.validate();
    while (this.at.step < plan.steps && !announcer.stop) {
      const epoch = Math.floor(this.at.step / plan.stepsPerEpoch);
      const begun = this.pace.sums;
      const batches = this.pace.waitFor(loader.epoch(epoch, this.at.step % plan.stepsPerEpoch));
      await this.compile(); // While the first batches are prepared.
      await this.noteEngine();
      if (this.interrupted) return;
      for await (const batch of batches) {
        await this.trainProgram(batch);
        loader.recycle(batch);
        if (this.isDue(logEvery)) await this.log();
        if (this.isDue(evaluateEvery)) await this.validate();
        if (announcer.stop) break;
      }
      if (this.at.step % plan.stepsPerEpoch !== 0) break;
      await announcer.announce({ type: 'epoch ended', ...this.place(), ...this.pace.since(begun) });
    }
  }

  /** Compiles what a whole batch needs, unless it is. */
  private compile(): Promise<unknown> {
    const { plan, session } = this.parts;
    const { batchSize, augmentation } = plan.recipe;
    const dtype = augmentation?.mixing ? 'float32' : 'int32';
    return session.prepareTraining({ dtype, shape: [batchSize] }, this.at.step + 1);
  }

  private isDue(every: number): boolean {
    return this.at.step > 0 && this.at.step % every === 0;
  }

  private async trainProgram({ images, labels, softLabels }: Batch): Promise<void> {
    const { plan, session } = this.parts;
    const count = labels.data.length;
    const step = this.at.step + 1;
    const inputs = { learningRate: this.rateOf(step), step, seed: plan.recipe.seed };
    const targets = softLabels ?? labels;
    await session.prepareTraining(targets, step);
    const { loss, logits } = await this.pace.time(count, () => session.train(images, targets, inputs));
    if (!Number.isFinite(loss)) await this.diverge(`the training loss is ${loss} at step ${step}`);
    const correct = countCorrect(predictedClasses(logits.data, plan.model.classes), labels.data);
    this.window.loss.add(loss, count);
    this.window.accuracy.add(correct / count, count);
    this.at = { ...this.at, step };
    await this.noteEngine();
    await this.progress('train', step, plan.steps);
  }

  private async log(): Promise<void> {
    const { announcer } = this.parts;
    const { loss, accuracy, pace } = this.window;
    await announcer.announce({
      type: 'logged',
      ...this.place(),
      loss: loss.value,
      accuracy: accuracy.value,
      learningRate: this.rateOf(this.at.step),
      ...this.pace.since(pace),
    });
    this.window = { loss: new Mean(), accuracy: new Mean(), pace: this.pace.sums };
  }

  /**
   * Evaluates the validation images, with averaged weights where there are such, and saves: also as the best if it is. Without
   * validation images the last checkpoint counts as the best. Does nothing if a signal interrupts.
   */
  private async validate(): Promise<void> {
    const { step } = this.at;
    const start = performance.now();
    const figures = await this.unlessAborted(() => this.parts.session.averaged(() => this.evaluate('valid')));
    if (this.interrupted) return;
    const best = !figures || isBetter(figures, this.at.best);
    const sinceBest = best ? 0 : this.at.sinceBest + 1;
    this.at = { ...this.at, evaluatedStep: step, sinceBest };
    if (figures) {
      const { loss, accuracy } = figures;
      if (best) this.at = { ...this.at, best: { step, loss, accuracy } };
      const milliseconds = performance.now() - start;
      const body = { split: 'valid', best, sinceBest, milliseconds, ...figures } as const;
      await this.parts.announcer.announce({ type: 'evaluated', ...this.place(), ...body });
      if (Number.isFinite(loss)) this.schedulePlateau(loss);
    }
    const checkpoint = this.checkpoint();
    if (best) await this.save('best', checkpoint);
    await this.save('last', checkpoint);
  }

  private schedulePlateau(loss: number): void {
    const { schedule } = this.parts.plan.recipe;
    if (schedule?.name !== 'plateau') return;
    this.at = { ...this.at, plateau: afterValidation(schedule, this.at.plateau, loss) };
  }

  /** Learning rate of a step, which counts from 1. */
  private rateOf(step: number): number {
    return this.parts.plan.rates(step - 1, this.at.plateau?.reductions);
  }

  private async test(checkpoint: Checkpoint): Promise<Figures | undefined> {
    const { session, announcer } = this.parts;
    const start = performance.now();
    session.write(checkpoint.weights);
    const figures = await this.unlessAborted(() => this.evaluate('test'));
    if (!figures) return undefined;
    const milliseconds = performance.now() - start;
    const body = { split: 'test', best: true, sinceBest: 0, milliseconds, ...figures } as const;
    await announcer.announce({ type: 'evaluated', ...this.place(this.bestStep), ...body });
    return figures;
  }

  /** Loss and accuracy; undefined if there are no images, or a signal interrupts. */
  private async evaluate(split: 'valid' | 'test'): Promise<Figures | undefined> {
    const { plan, session, loading } = this.parts;
    const dataset = plan.data.splits[split];
    if (dataset.length === 0) return undefined;
    const counter = new FigureCounter(plainLoss(plan.loss));
    let isBounded = true;
    for await (const { logits, labels } of scoreAll(session, dataset, plan.preprocessing, loading.workers)) {
      isBounded &&= isAllFinite(logits.data);
      await counter.add(logits, labels);
      await this.progress(split, counter.figures.count, dataset.length);
      if (this.interrupted) return undefined;
    }
    await this.noteEngine();
    const { loss } = counter.figures;
    if (!Number.isFinite(loss)) await this.diverge(`the ${split} loss is ${loss} after step ${this.at.step}`);
    else if (!isBounded) await this.diverge(`${split} logits are infinite after step ${this.at.step}`);
    return counter.figures;
  }

  private async finish(): Promise<Trained> {
    const { plan, store, announcer } = this.parts;
    const checkpoint = (await store.loadBest()) ?? this.checkpoint();
    const test = this.interrupted ? undefined : await this.test(checkpoint);
    const { best } = this.at;
    const result = {
      ...(store.path !== undefined && { run: store.path }),
      epochs: Math.ceil(this.at.step / plan.stepsPerEpoch),
      steps: this.at.step,
      bestStep: this.bestStep,
      ...(best && { valid: { loss: best.loss, accuracy: best.accuracy } }),
      ...(test && { test }),
      secondsTotal: announcer.seconds,
      imagesPerSecond: this.pace.since(this.begun).imagesPerSecond,
      interrupted: this.interrupted,
    };
    await announcer.announce({ type: 'ended', result });
    return { result, checkpoint };
  }

  private async save(kind: 'best' | 'last', checkpoint: Checkpoint): Promise<void> {
    const { session, store, announcer } = this.parts;
    if (nonFiniteNames(checkpoint.weights).length > 0)
      await this.diverge(`weights are no numbers after step ${this.at.step}`);
    const optimizer = kind === 'last' && store.path !== undefined && { optimizer: session.readOptimizer() };
    const path = await store.save(kind, { ...checkpoint, ...optimizer });
    if (kind === 'last') this.savedStep = this.at.step;
    if (path !== undefined) {
      await announcer.announce({ type: 'saved', ...this.place(), checkpoint: kind, path });
    }
  }

  private checkpoint(): Checkpoint {
    const { plan, session } = this.parts;
    const { model, preprocessing, loss, recipe } = plan;
    const training = { recipe, ...this.at };
    const { classes } = plan.data;
    return { model, ...session.readEvaluated(), preprocessing, classes, loss, training };
  }

  private async announceStart(): Promise<void> {
    const { plan, store, announcer, engine } = this.parts;
    const { recipe, model, stepsPerEpoch, steps } = plan;
    await announcer.announce({
      type: 'started',
      ...(store.path !== undefined && { run: store.path }),
      model: model.name,
      data: recipe.data,
      engine: engine.name,
      images: recipe.images,
      epochs: recipe.epochs,
      stepsPerEpoch,
      steps,
      step: this.at.step,
      sinceBest: this.at.sinceBest,
    });
    await this.noteEngine('resumed on another engine');
    for (const message of this.parts.warnings ?? []) {
      await announcer.announce({ type: 'warned', ...this.place(), message });
    }
  }

  /** Announces a change of engine, if there was one. */
  private async noteEngine(why?: string): Promise<void> {
    const { engine, announcer } = this.parts;
    const [from, to] = [this.engine, engine.name];
    if (from === to) return;
    this.engine = to;
    const reason = engine.replaced?.reason ?? why ?? 'unknown';
    await announcer.announce({ type: 'engine changed', ...this.place(), from, to, reason });
  }

  private async progress(phase: 'train' | 'valid' | 'test', done: number, total: number): Promise<void> {
    await this.parts.announcer.announce({ type: 'progress', ...this.place(), phase, done, total });
  }

  /** Step of the checkpoint that `finish` takes for the best. */
  private get bestStep(): number {
    return this.at.best?.step ?? this.at.evaluatedStep;
  }

  private place(step = this.at.step): { epoch: number; step: number } {
    return { epoch: Math.max(1, Math.ceil(step / this.parts.plan.stepsPerEpoch)), step };
  }

  /** Fails with advice, or tells it once where the caller wants the run to go on. */
  private async diverge(what: string): Promise<void> {
    const { store, announcer, whenDiverged } = this.parts;
    const { step, evaluatedStep } = this.at;
    const error = divergence(what, this.rateOf(step + 1), { step: evaluatedStep, path: store.path });
    if (whenDiverged === 'stop') throw error;
    if (this.hasDiverged) return;
    this.hasDiverged = true;
    await announcer.announce({ type: 'diverged', ...this.place(), message: error.message });
  }
}

export function trainLoader({ data, preprocessing, recipe }: Plan, loading: LoadingOptions = {}): Loader {
  const { batchSize, seed, dropLast, balance = false, augmentation } = recipe;
  return new Loader(data.splits.train, {
    preprocessing: augmentation?.transforms ?? preprocessing,
    ...(augmentation?.mixing && { mixing: augmentation.mixing }),
    batchSize,
    seed,
    shuffle: true,
    balance,
    ...loading,
    partial: dropLast ? 'drop' : 'keep',
  });
}
