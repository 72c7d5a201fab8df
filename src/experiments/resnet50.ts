// ResNet-50 on fundus photographs (PALM).
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const resnet50: Experiment = {
  title: 'ResNet-50 on PALM',
  setting: { model: 'resnet50', ...onPalm, option: ['init=paddle'], ...withMomentum, weightDecay: 0.001 },
  seeds: 1,
  book: { source: 'setting of the textbook, which reports no result' },
  note: palmNote,
};
