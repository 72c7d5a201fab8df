// Import and export by the command line.
import { join } from 'node:path';
import { expect } from 'vitest';
import { loadCheckpoint } from '../src/checkpoints/index.ts';
import { fovea, foveaJson } from './cli.ts';
import { testIf } from './conditions.ts';
import { dataFolder, noData } from './data.ts';
import { temporaryFolder } from './temporary-folder.ts';

const weights = dataFolder('weights');
const weightsTest = testIf(weights, noData('weights'));
const folder = temporaryFolder();
const inFolder = (name: string) => join(folder, name);
const resnet20File = () => join(weights!, 'cifar10-resnet/resnet20-12fca82f.th');
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };

weightsTest(
  'the command line imports, reports and exports',
  async () => {
    const out = inFolder('resnet20.safetensors');
    const settings = ['--mean', imageNet.mean.join(','), '--std', imageNet.std.join(',')];
    const model = ['--model', 'resnet20-cifar'];
    const report = await foveaJson(['import', resnet20File(), ...model, ...settings, '--out', out]);
    expect(report).toMatchObject({ loaded: 97, missing: [], unexpected: [], mismatched: [], out });
    const exported = await foveaJson<{ maxDifference: number }>(['export', out, inFolder('resnet20.onnx')]);
    expect(exported.maxDifference).toBeLessThan(1e-4);
    expect((await loadCheckpoint(out)).preprocessing.at(-1)).toMatchObject({
      mean: [123.675, 116.28, 103.53],
    });
  },
  60_000,
);

weightsTest(
  'a file that does not fit is refused with the network that it fits, and taken in part when asked',
  async () => {
    const refused = await fovea([
      'import',
      resnet20File(),
      '--model',
      'resnet32-cifar',
      '--out',
      inFolder('x'),
    ]);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(
      /97 of its tensors fit resnet32-cifar, but 60 are missing .*resnet20-cifar fits it better/,
    );
    const other = await fovea([
      'import',
      resnet20File(),
      '--model',
      'resnet20-cifar',
      '--classes',
      '5',
      '--out',
      inFolder('x'),
    ]);
    expect(other.stderr).toContain('The file is for 10 classes');
    const partial = [
      '--model',
      'resnet20-cifar',
      '--classes',
      '5',
      '--partial',
      '--out',
      inFolder('five.safetensors'),
    ];
    expect(await foveaJson(['import', resnet20File(), ...partial])).toMatchObject({ loaded: 95 });
    expect((await loadCheckpoint(inFolder('five.safetensors'))).model.classes).toBe(5);
  },
  60_000,
);
