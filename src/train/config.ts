// The content of a run's config.json.
import { cpus } from 'node:os';
import type { Engine } from '../engines/engine.ts';
import { packageVersion } from '../system/version.ts';
import { checksumsOf } from './data-record.ts';
import type { Fingerprint } from './fingerprint.ts';
import type { TrainOptions } from './options.ts';
import type { RunSetup } from './setup.ts';

/** The content of `config.json`: every resolved option, and the versions and machine it ran with. */
export function describeRun(
  { model, data, recipe, loss, preprocessing, steps }: RunSetup,
  engine: Engine,
  { caller }: TrainOptions,
  fingerprint: Fingerprint,
): object {
  const { name, options, input, classes, init } = model;
  return {
    model: { name, options, input, classes, init },
    data: {
      name: data.name,
      classes: data.classes,
      images: recipe.images,
      ...(data.notes && { notes: data.notes }),
      checksums: checksumsOf(fingerprint),
    },
    preprocessing,
    loss: { name: loss.name, settings: loss.settings },
    recipe,
    steps,
    engine: firstEngine(engine),
    ...(engine.threads !== undefined && { threads: engine.threads }),
    ...(caller && { caller }),
    command: process.argv.slice(1),
    started: new Date().toISOString(),
    versions: { fovea: packageVersion(), node: process.versions.node },
    platform: `${process.platform} ${process.arch}`,
    processor: cpus()[0]?.model.trim() || 'unknown',
  };
}

/** The engine a run is started on; if another one replaces it, that is the first event of the run. */
export function firstEngine({ name, replaced }: Engine): string {
  return replaced?.name ?? name;
}
