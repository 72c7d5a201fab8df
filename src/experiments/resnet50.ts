// ResNet-50 on photographs of the back of the eye.
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const resnet50: Experiment = {
  title: 'ResNet-50 on PALM',
  setting: { model: 'resnet50', ...onPalm, option: ['init=paddle'], ...withMomentum, weightDecay: 0.001 },
  seeds: 1,
  book: { source: "the setting is the textbook's, which has no figure" },
  note: palmNote,
};
