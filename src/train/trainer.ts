// The training loop. It computes and emits events; run folder, terminal, reports and early stopping are listeners.

import { AbortedError, TrainingError } from '../base/errors.ts';
import type { Checkpoint } from '../checkpoints/checkpoint.ts';
import { isAllFinite, nonFiniteNames } from '../checkpoints/finite.ts';
import type { TrainingRecord } from '../checkpoints/metadata.ts';
import type { Batch, LoadingOptions } from '../data/loading/loader.ts';
import type { Engine } from '../engines/engine.ts';
import { isBetter, MetricCounter, type Metrics, predictAll } from '../evaluation/pass.ts';
import { countCorrect, Mean, predictedClasses } from '../metrics/index.ts';
import { plainLoss } from '../nn/index.ts';
import { nextPlateau } from '../optim/plateau.ts';
import type { FloatTensor } from '../tensor/tensor.ts';
import { Announcer } from './announcer.ts';
import { firstEngine } from './config.ts';
import { divergence } from './divergence.ts';
import type { RunOptions, Trained } from './options.ts';
import { Pace } from './pace.ts';
import { RunDirectory } from './run-directory.ts';
import { type RunSetup, trainLoader } from './setup.ts';
import { TrainStep } from './step.ts';
import type { CheckpointStore, MemoryStore } from './store.ts';

/** A run that is ready to start, or to continue. */
export interface ReadyRun {
  readonly setup: RunSetup;
  readonly store: RunDirectory | MemoryStore;
  /** Of the network; and of the optimizer in a resumed run. */
  readonly weights: ReadonlyMap<string, FloatTensor>;
  readonly engine: Engine;
  /** State of a resumed run. */
  readonly start?: TrainingRecord;
  /** Announced before the first step. */
  readonly warnings: readonly string[];
}

/** Trains to the end, and closes the store. A failure is announced to the listeners before it is thrown. */
export async function runTrainer(run: ReadyRun, options: RunOptions): Promise<Trained> {
  const { setup, store, weights, engine, start } = run;
  const own = store instanceof RunDirectory ? [store.eventWriter, store.engineRecorder] : [];
  const announcer = new Announcer(options, own);
  let step: TrainStep | undefined;
  try {
    step = new TrainStep({
      ...setup,
      engine,
      batchSize: setup.recipe.batchSize,
      onCompiled: (compilation) => announcer.announce({ type: 'compiled', ...compilation }),
      signal: options.signal,
    });
    step.predictor.write(weights);
    if (!start) step.startAverages();
    const { workers, cacheBytes, whenDiverged = 'stop' } = options;
    return await new Trainer({
      ...run,
      ...{ step, announcer, whenDiverged },
      loading: { workers, cacheBytes },
    }).run();
  } catch (error) {
    const repeats = error instanceof TrainingError; // A resumed run would diverge again.
    await announcer.announceFailure(error, repeats ? undefined : store.lastStep);
    throw error;
  } finally {
    step?.dispose();
    await store.close();
  }
}

interface TrainerParts extends Pick<ReadyRun, 'setup' | 'engine' | 'start' | 'warnings'> {
  readonly step: TrainStep;
  readonly store: CheckpointStore;
  readonly announcer: Announcer;
  readonly loading: LoadingOptions;
  readonly whenDiverged: NonNullable<RunOptions['whenDiverged']>;
}

class Trainer {
  private readonly parts: TrainerParts;
  private state: Omit<TrainingRecord, 'recipe'>;
  private savedStep = -1;
  private hasDiverged = false;
  /** Name of the engine last announced. */
  private engine: string;
  private readonly pace = new Pace();
  private readonly paceAtStart = this.pace.sums;
  /** Training metrics since the last `logged` event. */
  private logWindow = { loss: new Mean(), accuracy: new Mean(), pace: this.paceAtStart };

  constructor(parts: TrainerParts) {
    this.parts = parts;
    this.engine = parts.store.engine ?? firstEngine(parts.engine);
    const { recipe: _, ...state } = parts.start ?? { step: 0, evaluatedStep: 0, sinceBest: 0 };
    this.state = state;
  }

  /** Trains to the last step or until told to stop, then tests the best checkpoint. */
  async run(): Promise<Trained> {
    const { announcer, setup } = this.parts;
    await this.announceStart();
    await this.unlessAborted(() => this.trainEpochs());
    if (!this.interrupted && this.state.evaluatedStep !== this.state.step) await this.validate();
    const { stop } = announcer;
    const isEarly = this.state.step < setup.steps;
    if (stop && isEarly) await announcer.announce({ type: 'stopped', ...this.place(), ...stop });
    if (this.savedStep !== this.state.step) await this.save('last', this.checkpoint());
    return this.finish();
  }

  private async trainEpochs(): Promise<void> {
    const { setup, announcer } = this.parts;
    const { logEvery, evaluateEvery } = setup.recipe;
    const loader = trainLoader(setup, this.parts.loading);
    if (this.isDue(evaluateEvery) && this.state.evaluatedStep !== this.state.step) await this.validate();
    while (this.state.step < setup.steps && !announcer.stop) {
      const epoch = Math.floor(this.state.step / setup.stepsPerEpoch);
      const pace = this.pace.sums;
      const batches = this.pace.waitFor(loader.epoch(epoch, this.state.step % setup.stepsPerEpoch));
      await this.compile(); // While the first batches are prepared.
      await this.noteEngine();
      if (this.interrupted) return;
      for await (const batch of batches) {
        await this.trainBatch(batch);
        loader.recycle(batch);
        if (this.isDue(logEvery)) await this.log();
        if (this.isDue(evaluateEvery)) await this.validate();
        if (announcer.stop) break;
      }
      if (this.state.step % setup.stepsPerEpoch !== 0) break;
      await announcer.announce({ type: 'epoch ended', ...this.place(), ...this.pace.since(pace) });
    }
  }

  private async trainBatch({ images, labels, softLabels }: Batch): Promise<void> {
    const { setup, step: trainStep } = this.parts;
    const count = labels.data.length;
    const step = this.state.step + 1;
    const inputs = { learningRate: this.rateAt(step), step, seed: setup.recipe.seed };
    const targets = softLabels ?? labels;
    await trainStep.prepare(targets, step);
    const { loss, logits } = await this.pace.time(count, () => trainStep.run(images, targets, inputs));
    if (!Number.isFinite(loss)) await this.diverge(`the training loss is ${loss} at step ${step}`);
    const correct = countCorrect(predictedClasses(logits.data, setup.model.classes), labels.data);
    this.logWindow.loss.add(loss, count);
    this.logWindow.accuracy.add(correct / count, count);
    this.state = { ...this.state, step };
    await this.noteEngine();
    await this.progress('train', step, setup.steps);
  }

  /**
   * Evaluates on the validation set, with the EMA of the weights if there is one, and saves the last checkpoint, also as the
   * best if it is. Without validation images the last checkpoint counts as the best. Does nothing if a signal interrupts.
   */
  private async validate(): Promise<void> {
    const { step } = this.state;
    const start = performance.now();
    const metrics = await this.unlessAborted(() =>
      this.parts.step.withAverages(() => this.evaluate('valid')),
    );
    if (this.interrupted) return;
    const best = !metrics || isBetter(metrics, this.state.best);
    const sinceBest = best ? 0 : this.state.sinceBest + 1;
    this.state = { ...this.state, evaluatedStep: step, sinceBest };
    if (metrics) {
      const { loss, accuracy } = metrics;
      if (best) this.state = { ...this.state, best: { step, loss, accuracy } };
      const milliseconds = performance.now() - start;
      const body = { split: 'valid', best, sinceBest, milliseconds, ...metrics } as const;
      await this.parts.announcer.announce({ type: 'evaluated', ...this.place(), ...body });
      if (Number.isFinite(loss)) this.updatePlateau(loss);
    }
    const checkpoint = this.checkpoint();
    if (best) await this.save('best', checkpoint);
    await this.save('last', checkpoint);
  }

  private async finish(): Promise<Trained> {
    const { setup, store, announcer } = this.parts;
    const checkpoint = (await store.loadBest()) ?? this.checkpoint();
    const test = this.interrupted ? undefined : await this.test(checkpoint);
    const { best } = this.state;
    const result = {
      ...(store.path !== undefined && { run: store.path }),
      epochs: Math.ceil(this.state.step / setup.stepsPerEpoch),
      steps: this.state.step,
      bestStep: this.bestStep,
      ...(best && { valid: { loss: best.loss, accuracy: best.accuracy } }),
      ...(test && { test }),
      secondsTotal: announcer.seconds,
      imagesPerSecond: this.pace.since(this.paceAtStart).imagesPerSecond,
      interrupted: this.interrupted,
    };
    await announcer.announce({ type: 'ended', result });
    return { result, checkpoint };
  }

  private async test(checkpoint: Checkpoint): Promise<Metrics | undefined> {
    const { step, announcer } = this.parts;
    const start = performance.now();
    step.predictor.write(checkpoint.weights);
    const metrics = await this.unlessAborted(() => this.evaluate('test'));
    if (!metrics) return undefined;
    const milliseconds = performance.now() - start;
    const body = { split: 'test', best: true, sinceBest: 0, milliseconds, ...metrics } as const;
    await announcer.announce({ type: 'evaluated', ...this.place(this.bestStep), ...body });
    return metrics;
  }

  /** Loss and accuracy; undefined if there are no images, or a signal interrupts. */
  private async evaluate(split: 'valid' | 'test'): Promise<Metrics | undefined> {
    const { setup, step, loading } = this.parts;
    const dataset = setup.data.splits[split];
    if (dataset.length === 0) return undefined;
    const counter = new MetricCounter(plainLoss(setup.loss));
    let hasFiniteLogits = true;
    for await (const batch of predictAll(step.predictor, dataset, setup.preprocessing, loading.workers)) {
      hasFiniteLogits &&= isAllFinite(batch.logits.data);
      await counter.add(batch.logits, batch.labels);
      await this.progress(split, counter.metrics.count, dataset.length);
      if (this.interrupted) return undefined;
    }
    await this.noteEngine();
    const { loss } = counter.metrics;
    const after = `after step ${this.state.step}`;
    if (!Number.isFinite(loss)) await this.diverge(`the ${split} loss is ${loss} ${after}`);
    else if (!hasFiniteLogits) await this.diverge(`${split} logits are NaN or infinite ${after}`);
    return counter.metrics;
  }

  private async save(kind: 'best' | 'last', checkpoint: Checkpoint): Promise<void> {
    const { step, store, announcer } = this.parts;
    if (nonFiniteNames(checkpoint.weights).length > 0)
      await this.diverge(`weights are NaN or infinite after step ${this.state.step}`);
    const optimizer = kind === 'last' && store.path !== undefined && { optimizer: step.readOptimizer() };
    const path = await store.save(kind, { ...checkpoint, ...optimizer });
    if (kind === 'last') this.savedStep = this.state.step;
    if (path === undefined) return;
    await announcer.announce({ type: 'saved', ...this.place(), checkpoint: kind, path });
  }

  private checkpoint(): Checkpoint {
    const { setup, step } = this.parts;
    const { model, preprocessing, loss, recipe, data } = setup;
    const training = { recipe, ...this.state };
    return { model, ...step.readWeights(), preprocessing, classes: data.classes, loss, training };
  }

  private async log(): Promise<void> {
    const { loss, accuracy, pace } = this.logWindow;
    await this.parts.announcer.announce({
      type: 'logged',
      ...this.place(),
      loss: loss.value,
      accuracy: accuracy.value,
      learningRate: this.rateAt(this.state.step),
      ...this.pace.since(pace),
    });
    this.logWindow = { loss: new Mean(), accuracy: new Mean(), pace: this.pace.sums };
  }

  /** Compiles the program of a full batch. */
  private compile(): Promise<unknown> {
    const { setup, step } = this.parts;
    const { batchSize, augmentation } = setup.recipe;
    const dtype = augmentation?.mixing ? 'float32' : 'int32';
    return step.prepare({ dtype, shape: [batchSize] }, this.state.step + 1);
  }

  private isDue(interval: number): boolean {
    return this.state.step > 0 && this.state.step % interval === 0;
  }

  private updatePlateau(loss: number): void {
    const { schedule } = this.parts.setup.recipe;
    if (schedule?.name !== 'plateau') return;
    this.state = { ...this.state, plateau: nextPlateau(schedule, this.state.plateau, loss) };
  }

  /** Learning rate of a step, counted from 1. */
  private rateAt(step: number): number {
    return this.parts.setup.rates(step - 1, this.state.plateau?.reductions);
  }

  /** Step of the checkpoint that `finish` takes for the best. */
  private get bestStep(): number {
    return this.state.best?.step ?? this.state.evaluatedStep;
  }

  private get interrupted(): boolean {
    return this.parts.announcer.stop?.by === 'signal';
  }

  /** The result of `work`; undefined if a signal aborts it while it compiles. */
  private async unlessAborted<T>(work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof AbortedError && this.interrupted) return undefined;
      throw error;
    }
  }

  private async announceStart(): Promise<void> {
    const { setup, store, announcer, engine } = this.parts;
    const { recipe, model, stepsPerEpoch, steps } = setup;
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
      step: this.state.step,
      sinceBest: this.state.sinceBest,
    });
    await this.noteEngine('resumed on another engine');
    for (const message of this.parts.warnings) {
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

  private place(step = this.state.step): { epoch: number; step: number } {
    return { epoch: Math.max(1, Math.ceil(step / this.parts.setup.stepsPerEpoch)), step };
  }

  /** Throws an error with advice, or announces it once if the run is to continue. */
  private async diverge(what: string): Promise<void> {
    const { store, announcer, whenDiverged } = this.parts;
    const { step, evaluatedStep } = this.state;
    const error = divergence(what, this.rateAt(step + 1), { step: evaluatedStep, path: store.path });
    if (whenDiverged === 'stop') throw error;
    if (this.hasDiverged) return;
    this.hasDiverged = true;
    await announcer.announce({ type: 'diverged', ...this.place(), message: error.message });
  }
}
