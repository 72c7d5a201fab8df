// GoogLeNet on photographs of the back of the eye.
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const googlenet: Experiment = {
  title: 'GoogLeNet on PALM',
  setting: { model: 'googlenet', ...onPalm, ...withMomentum, weightDecay: 0.001 },
  seeds: 1,
  book: { source: "the setting is the textbook's, which has no figure" },
  note: `${palmNote} The stem has stride 1, and there are no auxiliary classifiers and no batch normalisation.`,
};
