// GoogLeNet on fundus photographs (PALM).
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const googlenet: Experiment = {
  title: 'GoogLeNet on PALM',
  setting: { model: 'googlenet', ...onPalm, ...withMomentum, weightDecay: 0.001 },
  seeds: 1,
  book: { source: 'setting of the textbook, which reports no result' },
  note: `${palmNote} The stem has stride 1; there are no auxiliary classifiers and no batch normalization.`,
};
