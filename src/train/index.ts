// Training: new runs, resumed runs, and the learning-rate range test.

export { earlyStopping } from './early-stopping.ts';
export type * from './events.ts';
export { type Inheritance, inherit } from './fine-tuning.ts';
export type { RateFunction, ResumeOptions, RunOptions, Trained, TrainOptions } from './options.ts';
export { type RatePoint, type RateTest, type RateTestOptions, testRates } from './rate-test.ts';
export { resumeTraining } from './resume.ts';
export { openRunEngine } from './run-engine.ts';
export { checkpointPath, readConfig, readEvents } from './run-files.ts';
export { defaultLoss, preprocessingFor } from './setup.ts';
export { train } from './train.ts';
