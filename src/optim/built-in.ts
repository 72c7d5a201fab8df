// The built-in optimizers: the table of optimizers and the public functions are both read from this list.
export { adagrad } from './adagrad.ts';
export { adam, adamw } from './adam.ts';
export { lamb } from './lamb.ts';
export { lion } from './lion.ts';
export { momentum, nesterov } from './momentum.ts';
export { rmsprop } from './rmsprop.ts';
export { sgd } from './sgd.ts';
