// The commands: name and one-line summary. Options and actions are loaded when a command is used.
import type { Command } from 'commander';

export interface CommandEntry {
  /** As `fovea --help` lists it. */
  readonly summary: string;
  load(): Promise<{ configure(command: Command): void }>;
}

/** In the order of `fovea --help`. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  demo: {
    summary: 'train LeNet-5 on drawn digits and show its predictions (about a minute)',
    load: () => import('./commands/demo.ts'),
  },
  data: {
    summary: 'inspect a data set: counts, sizes, mean, std, duplicates, unreadable files',
    load: () => import('./commands/data.ts'),
  },
  models: {
    summary: 'list the built-in networks',
    load: () => import('./commands/models.ts'),
  },
  summary: {
    summary: 'show the layers of a network: shapes, parameters, receptive fields',
    load: () => import('./commands/summary.ts'),
  },
  train: {
    summary: 'train a network on a data set, or resume a run',
    load: () => import('./commands/train.ts'),
  },
  'lr-find': {
    summary: 'suggest a learning rate (learning-rate range test)',
    load: () => import('./commands/lr-find.ts'),
  },
  experiment: {
    summary: 'repeat a textbook experiment over several seeds',
    load: () => import('./commands/experiment.ts'),
  },
  evaluate: {
    summary: 'evaluate a checkpoint: accuracy, calibration, metrics per class, confusion matrix',
    load: () => import('./commands/evaluate.ts'),
  },
  report: {
    summary: 'write the report of a run: report.html, and plots as SVG and PNG',
    load: () => import('./commands/report.ts'),
  },
  predict: {
    summary: 'classify images with a checkpoint',
    load: () => import('./commands/predict.ts'),
  },
  import: {
    summary: 'convert the weights of another framework to a checkpoint',
    load: () => import('./commands/import.ts'),
  },
  export: {
    summary: 'export a checkpoint to ONNX, or its weights for PyTorch, NumPy or Paddle',
    load: () => import('./commands/export.ts'),
  },
  inspect: {
    summary: 'explain a prediction: feature maps, filters, Grad-CAM, occlusion, unit statistics',
    load: () => import('./commands/inspect.ts'),
  },
  edges: {
    summary: 'convolve an image with the 3x3 Laplacian, which shows edges',
    load: () => import('./commands/edges.ts'),
  },
  shift: {
    summary: 'measure the dataset shift between training data and a target domain',
    load: () => import('./commands/shift.ts'),
  },
  verify: {
    summary: 'compare the engines on a network: forward pass and gradients',
    load: () => import('./commands/verify.ts'),
  },
  bench: {
    summary: 'time training steps or predictions of a network on random images',
    load: () => import('./commands/bench.ts'),
  },
  doctor: {
    summary: 'show which engines run here, and how to get what is missing',
    load: () => import('./commands/doctor.ts'),
  },
};
