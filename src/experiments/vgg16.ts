// VGG-16 on fundus photographs (PALM).
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const vgg16: Experiment = {
  title: 'VGG-16 on PALM',
  setting: { model: 'vgg16', ...onPalm, option: ['init=paddle'], ...withMomentum },
  seeds: 1,
  book: { accuracy: 0.94, source: 'the textbook, with Paddle: about 0.94' },
  note: palmNote,
};
