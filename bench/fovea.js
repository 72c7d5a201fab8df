// Fovea in a benchmark: node bench/fovea.js train resnet50 --input 8,3,224,224 --classes 1000 --engine native --threads 2
import { openEngine } from '../dist/index.js';
import { requestOf, serve } from './serve.js';
import { stepOf } from './step.js';

const request = requestOf();
const { program, feeds, weights } = stepOf(request);
const begin = performance.now();
const engine = await openEngine(request.engine, { threads: request.threads });
const state = engine.createState(program.variables.map(({ variable }) => variable));
const executable = await engine.compile(program, state);
const compileMs = performance.now() - begin;
for (const { name } of state.variables) if (weights.has(name)) state.write(name, weights.get(name));
await serve(() => executable.run(feeds), { compileMs });
