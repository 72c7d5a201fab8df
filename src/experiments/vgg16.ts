// VGG-16 on photographs of the back of the eye.
import type { Experiment } from './experiment.ts';
import { onPalm, palmNote, withMomentum } from './palm.ts';

export const vgg16: Experiment = {
  title: 'VGG-16 on PALM',
  setting: { model: 'vgg16', ...onPalm, option: ['init=paddle'], ...withMomentum },
  seeds: 1,
  book: { accuracy: 0.94, source: 'the textbook, with Paddle: about .94' },
  note: palmNote,
};
