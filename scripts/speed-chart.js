// Draws docs/images/speed.svg from a result of bench/compare.js: npm run docs:speed-chart
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const results = readFileSync(join(root, 'bench/results/zen4-2-cores.txt'), 'utf8');

/** Pixels: the chart's width, a row, a bar, where bars begin, and a bar for the time of PyTorch. */
const [WIDTH, ROW, BAR, LEFT, UNIT] = [760, 30, 20, 290, 380];
const [TOP, BOTTOM] = [64, 44];
const names = {
  resnet50: 'ResNet-50',
  resnet18: 'ResNet-18',
  lenet5: 'LeNet-5',
  vgg16: 'VGG-16',
  alexnet: 'AlexNet',
  googlenet: 'GoogLeNet',
  'mobilenet-v2': 'MobileNetV2',
};

const steps = [
  ...results.matchAll(/^train (\S+) (\d+)x(\d+x\d+x\d+) +(\S+) +(\S+) +\S+ +\(.*?\) +\d+ +\d+ +(\w+)/gm),
]
  .filter(([, model]) => model in names)
  .map(([, model, batch, size, ours, theirs, peer]) => ({
    label: `${names[model]}, ${batch} images of ${size}`,
    ours: Number(ours),
    theirs: Number(theirs),
    peer,
  }));
const besidePyTorch = steps.filter(({ peer }) => peer === 'pytorch');
const rows = [
  ...besidePyTorch.map(({ label, ours, theirs }) => ({ label, ratio: ours / theirs })),
  ...steps.filter(({ peer }) => peer === 'tensorflow').map(tensorFlowRow),
];
if (rows.length === 0) throw new Error('bench/results/zen4-2-cores.txt has no rows of training steps');

const height = TOP + ROW * rows.length + BOTTOM;
const end = height - BOTTOM + 6;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" \
height="${height}" font-family="system-ui, sans-serif" font-size="14" fill="#1f2328">
<title>Time of one training step of Fovea, relative to PyTorch</title>
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="16" y="26" font-size="16" font-weight="600">Time of one training step, relative to PyTorch (lower is faster)</text>
<line x1="${LEFT + UNIT}" y1="${TOP - 10}" x2="${LEFT + UNIT}" y2="${end}" stroke="#57606a" stroke-dasharray="4 3"/>
<text x="${LEFT + UNIT}" y="${TOP - 16}" text-anchor="middle" fill="#57606a">PyTorch = 1.00</text>
${rows.map(drawRow).join('\n')}
<text x="16" y="${height - 12}" font-size="12" fill="#57606a">${description()}</text>
</svg>
`;
writeFileSync(join(root, 'docs/images/speed.svg'), svg);

/** TensorFlow.js against PyTorch, by the steps of the same network that both were measured with. */
function tensorFlowRow({ label, theirs }) {
  const pytorch = besidePyTorch.find((step) => step.label === label);
  return { label: 'TensorFlow.js (JavaScript): LeNet-5', ratio: theirs / pytorch.theirs, other: true };
}

/** Bars end at the edge of the chart. */
function drawRow({ label, ratio, other = false }, index) {
  const y = TOP + ROW * index;
  const width = Math.min(Math.round(UNIT * ratio), WIDTH - LEFT - 50);
  const value = ratio < 10 ? ratio.toFixed(2) : String(Math.round(ratio));
  return [
    `<text x="${LEFT - 10}" y="${y + 15}" text-anchor="end">${label}</text>`,
    `<rect x="${LEFT}" y="${y}" width="${width}" height="${BAR}" rx="2" fill="${other ? '#d55e00' : '#0072b2'}"/>`,
    `<text x="${LEFT + width + 8}" y="${y + 15}">${value}</text>`,
  ].join('\n');
}

/** Machine, date and versions, as the head of the results states them. */
function description() {
  const field = (name) => new RegExp(`^${name}: (.*)$`, 'm').exec(results)[1];
  const [date, threads, , ...versions] = field('measured').split(', ');
  return `${field('machine')}; ${threads}; ${versions[0]}; native engine; ${date}`;
}
