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
    summary: 'train LeNet-5 on digits that the program draws, and show what it has learned: about a minute',
    load: () => import('./commands/demo.ts'),
  },
  data: {
    summary: 'look at a data set: counts, sizes, mean and std, duplicates, unreadable files, a contact sheet',
    load: () => import('./commands/data.ts'),
  },
  models: {
    summary: 'list the networks',
    load: () => import('./commands/models.ts'),
  },
  summary: {
    summary: 'show the layers of a network: shapes, parameters, operations, receptive field',
    load: () => import('./commands/summary.ts'),
  },
  train: {
    summary: 'train a network on a data set, with checkpoints, validation and a final test',
    load: () => import('./commands/train.ts'),
  },
  'lr-find': {
    summary: 'train a few steps with a growing learning rate, and suggest one to train with',
    load: () => import('./commands/lr-find.ts'),
  },
  experiment: {
    summary: "repeat an experiment of the textbook over several seeds, and compare with the book's figures",
    load: () => import('./commands/experiment.ts'),
  },
  evaluate: {
    summary:
      'measure a checkpoint on a data set: accuracy, loss, calibration, per-class metrics, confusion matrix',
    load: () => import('./commands/evaluate.ts'),
  },
  report: {
    summary: 'write the report of a run: report.html, and its plots as SVG and PNG',
    load: () => import('./commands/report.ts'),
  },
  predict: {
    summary: 'classify images with a checkpoint',
    load: () => import('./commands/predict.ts'),
  },
  import: {
    summary: 'make a checkpoint of weights that another framework has saved',
    load: () => import('./commands/import.ts'),
  },
  export: {
    summary: 'write a checkpoint as ONNX, or its weights for PyTorch, NumPy or Paddle, and check the file',
    load: () => import('./commands/export.ts'),
  },
  inspect: {
    summary: 'inspect a network: feature maps, filters, Grad-CAM, occlusion, unit statistics',
    load: () => import('./commands/inspect.ts'),
  },
  edges: {
    summary: 'convolve an image with the 3x3 Laplacian: edges are bright, all else is dark',
    load: () => import('./commands/edges.ts'),
  },
  shift: {
    summary:
      'measure dataset shift: how far the images of a target domain are from the training data, and in what',
    load: () => import('./commands/shift.ts'),
  },
  verify: {
    summary: 'compare the engines on a network: forward pass and gradients from the same weights and images',
    load: () => import('./commands/verify.ts'),
  },
  bench: {
    summary: 'time training steps (SGD with momentum 0.9) or predictions of a network on random images',
    load: () => import('./commands/bench.ts'),
  },
  doctor: {
    summary: 'show what runs here, and how to get what is missing',
    load: () => import('./commands/doctor.ts'),
  },
};
