// AlexNet on fundus photographs (PALM).
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote } from './palm.ts';

export const alexnet: Experiment = {
  title: 'AlexNet on PALM',
  setting: { model: 'alexnet', ...onPalm, optimizer: 'adam', lr: 0.001 },
  seeds: 1,
  book: { accuracy: 0.94, source: 'the textbook, with Paddle: about 0.94' },
  note: palmNote,
};
