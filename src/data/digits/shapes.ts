// How people write the ten digits: the strokes of each way of writing, as points the pen passes through.

/**
 * One way to write a digit. A stroke is a text of points `x,y` in hundredths of the digit's height, x to the right and
 * y down, in writing order. The pen goes through them on a smooth curve; a point marked `*` is a corner.
 */
export interface Shape {
  /** What a reader would call it. */
  readonly name: string;
  /** How common it is among the shapes of the same digit. */
  readonly weight: number;
  readonly strokes: readonly string[];
  /** The same points at the other end of a range: a written digit lies anywhere between the two. */
  readonly toward?: readonly string[];
}

const ZERO: readonly Shape[] = [
  {
    name: 'oval, fat to slim',
    weight: 5,
    strokes: ['44,0 16,14 2,50 16,86 44,100 72,86 84,50 70,14 42,1'],
    toward: ['26,0 14,14 8,50 12,86 24,100 36,86 42,50 38,14 24,1'],
  },
  {
    name: 'overshooting at the top',
    weight: 2,
    strokes: ['50,8 34,2 12,20 2,55 14,90 38,100 62,82 70,44 58,10 36,2 22,12'],
    toward: ['36,2 24,2 12,24 6,58 10,90 24,100 40,80 46,44 42,12 30,-4 18,-2'],
  },
  {
    name: 'not quite closed',
    weight: 1.5,
    strokes: ['34,4 10,24 2,58 16,92 40,100 64,80 70,42 58,10 44,2'],
    toward: ['22,0 8,26 4,62 14,94 28,100 44,80 50,44 46,14 36,10'],
  },
  {
    name: 'begun at the right, leaning',
    weight: 1.5,
    strokes: ['66,16 46,0 20,14 2,52 8,90 30,100 56,80 72,44 68,14 54,2'],
    toward: ['48,10 36,0 18,16 4,56 6,92 18,100 36,78 50,40 52,12 44,0'],
  },
];

const ONE: readonly Shape[] = [
  {
    name: 'bar',
    weight: 8,
    strokes: ['10,0 10,50 10,100'],
    toward: ['16,0 11,50 6,100'],
  },
  {
    name: 'bar bent at an end',
    weight: 1,
    strokes: ['14,0 10,50 10,100'],
    toward: ['2,6 12,20 10,100'],
  },
  {
    name: 'with a flag',
    weight: 1.6,
    strokes: ['6,18 26,0* 26,50 26,100'],
    toward: ['0,28 30,0* 28,50 26,100'],
  },
  {
    name: 'with a flag and a foot',
    weight: 1,
    strokes: ['8,18 28,0* 28,50 28,100', '6,100 28,99 52,99'],
    toward: ['8,14 26,0* 27,50 28,98', '10,98 30,98 44,97'],
  },
];

const TWO: readonly Shape[] = [
  {
    name: 'angle at the foot',
    weight: 4,
    strokes: ['4,22 16,4 38,0 56,12 54,36 34,64 2,98* 34,97 68,96'],
    toward: ['4,16 18,2 34,0 48,14 46,38 28,68 6,96* 28,94 54,98'],
  },
  {
    name: 'loop at the foot',
    weight: 4,
    strokes: ['4,20 18,3 40,0 56,14 52,40 36,68 16,92 2,94 4,80 20,78 40,90 58,98 74,92'],
    toward: ['6,12 20,0 38,2 48,18 44,46 32,74 14,96 4,92 10,82 24,84 40,94 54,98 66,96'],
  },
  {
    name: 'wavy foot',
    weight: 2,
    strokes: ['6,18 22,0 44,4 52,24 40,54 20,80 4,94* 22,86 42,96 66,94'],
    toward: ['2,10 22,0 48,2 56,22 42,54 20,80 2,98* 24,92 46,98 72,88'],
  },
  {
    name: 'short foot',
    weight: 1.5,
    strokes: ['6,20 16,4 36,0 50,12 48,36 32,66 12,94* 26,92 44,96'],
    toward: ['4,12 18,2 36,0 48,12 44,38 26,68 8,96* 20,90 38,94'],
  },
  {
    name: 'large loop at the foot',
    weight: 2,
    strokes: ['6,16 22,0 42,4 52,20 46,46 34,72 18,94 2,96 0,78 18,68 38,80 54,94 72,86'],
    toward: ['4,22 16,4 36,2 46,20 40,46 28,72 16,92 4,96 0,84 12,74 30,80 48,90 66,80'],
  },
  {
    name: 'broad, with a curl at the start',
    weight: 1.5,
    strokes: ['14,26 6,16 20,2 46,0 64,14 58,38 34,66 4,94 18,95 46,94 78,94'],
    toward: ['10,30 2,18 14,3 34,0 50,14 48,40 30,70 6,96 20,98 40,97 62,98'],
  },
];

const THREE: readonly Shape[] = [
  {
    name: 'two bows meeting in a corner',
    weight: 5,
    strokes: ['6,12 24,0 48,4 54,20 44,38 22,46* 48,52 60,70 50,90 26,100 2,92'],
    toward: ['4,6 24,0 42,6 46,20 38,36 26,44* 44,50 54,70 46,92 24,100 2,96'],
  },
  {
    name: 'rounded waist',
    weight: 3,
    strokes: ['6,10 26,0 50,6 52,24 38,42 32,48 48,54 60,70 50,92 26,100 2,90'],
    toward: ['4,4 26,0 46,8 46,28 36,44 34,48 44,54 52,72 44,94 22,100 2,98'],
  },
  {
    name: 'little loop at the waist',
    weight: 2,
    strokes: ['6,12 24,0 48,6 52,24 38,42 22,48 22,40 36,44 56,60 56,84 32,100 2,90'],
    toward: ['4,8 24,0 44,8 46,26 34,46 16,54 18,44 34,46 52,62 50,86 28,100 2,96'],
  },
  {
    name: 'flat top',
    weight: 1,
    strokes: ['6,3 32,2 58,1* 42,20 26,38* 48,44 62,66 52,92 26,100 2,90'],
  },
];

const FOUR: readonly Shape[] = [
  {
    name: 'open, angular',
    weight: 4,
    strokes: ['14,2 9,28 4,54* 32,53 66,50', '56,4 54,36 52,68 50,100'],
    toward: ['8,10 6,30 4,54* 24,53 50,48', '50,0 47,36 44,68 42,100'],
  },
  {
    name: 'open, like a bowl',
    weight: 4,
    strokes: ['10,2 3,26 8,48 28,54 58,44', '60,2 58,34 54,66 52,100'],
    toward: ['12,12 4,32 8,46 22,50 46,42', '52,0 48,34 42,66 38,100'],
  },
  {
    name: 'closed triangle, separate stem',
    weight: 1.5,
    strokes: ['44,2 24,32 2,64* 34,64 74,62', '46,2 46,36 46,68 46,100'],
    toward: ['38,6 24,28 4,54* 28,54 60,52', '42,0 42,36 40,68 40,100'],
  },
  {
    name: 'one stroke, open',
    weight: 2,
    strokes: ['12,4 4,30 6,50 24,54 44,40 58,6* 54,36 50,68 46,100'],
    toward: ['8,10 4,34 10,52 28,52 44,34 54,0* 50,36 46,68 44,100'],
  },
  {
    name: 'one stroke, nearly closed',
    weight: 1,
    strokes: ['44,8 24,24 4,52* 28,52 60,50* 62,50* 50,4* 46,40 42,100'],
    toward: ['40,2 22,24 2,50* 24,52 48,48* 50,46* 44,0* 42,40 40,100'],
  },
];

const FIVE: readonly Shape[] = [
  {
    name: 'separate hat',
    weight: 4,
    strokes: ['14,4 12,24 8,44* 26,38 48,44 58,64 48,88 24,100 0,92', '14,3 36,2 64,0'],
    toward: ['20,6 16,26 14,44* 28,42 42,50 46,68 38,90 18,100 0,96', '20,6 40,4 72,-4'],
  },
  {
    name: 'one stroke, angular',
    weight: 2.5,
    strokes: ['64,2 40,3 16,4* 14,24 10,44* 28,38 50,46 60,66 48,90 24,100 0,92'],
    toward: ['70,0 46,4 22,10* 20,26 18,42* 32,42 44,52 48,68 38,90 18,100 0,98'],
  },
  {
    name: 'one stroke, rounded',
    weight: 2,
    strokes: ['64,0 38,2 18,10 12,34 18,42 40,44 58,60 54,84 32,100 0,92'],
    toward: ['66,0 44,2 26,10 18,30 22,42 36,50 46,66 40,88 22,100 0,94'],
  },
];

const SIX: readonly Shape[] = [
  {
    name: 'curved stem, closed loop',
    weight: 5,
    strokes: ['46,0 24,18 8,46 4,76 16,98 40,98 54,80 46,62 26,58 8,76'],
    toward: ['28,0 14,22 6,50 4,78 14,98 30,98 40,84 34,70 20,68 6,82'],
  },
  {
    name: 'straight stem, small loop',
    weight: 2,
    strokes: ['44,0 28,26 14,54 6,82 20,100 40,94 46,78 34,66 18,74 10,86'],
    toward: ['20,0 14,28 8,58 6,86 16,100 32,96 38,82 30,72 16,78 8,88'],
  },
  {
    name: 'big loop',
    weight: 2,
    strokes: ['52,2 28,10 8,38 2,72 18,98 46,98 64,76 56,52 32,46 8,62'],
    toward: ['40,0 20,16 6,44 2,74 18,98 46,96 60,74 50,54 28,54 6,70'],
  },
  {
    name: 'loop left open',
    weight: 1.5,
    strokes: ['40,0 20,20 6,50 6,80 22,100 46,92 56,72 44,58 26,66'],
    toward: ['26,0 14,26 6,56 6,84 18,100 36,94 42,78 32,70 22,78'],
  },
];

const SEVEN: readonly Shape[] = [
  {
    name: 'plain',
    weight: 6,
    strokes: ['2,8 28,6 60,2* 44,34 32,66 26,100'],
    toward: ['2,4 22,4 46,4* 40,34 34,66 30,100'],
  },
  {
    name: 'rounded shoulder',
    weight: 3,
    strokes: ['2,10 22,4 48,3 58,12 46,38 32,70 24,100'],
    toward: ['2,14 16,6 36,4 44,14 40,40 32,70 28,100'],
  },
  {
    name: 'with a serif',
    weight: 1.5,
    strokes: ['4,26 6,8* 32,6 62,3* 46,34 34,66 28,100'],
    toward: ['2,18 4,6* 26,7 50,3* 40,34 32,66 26,100'],
  },
  {
    name: 'with a bar',
    weight: 1.5,
    strokes: ['4,8 30,6 64,2* 48,34 36,66 28,100', '16,52 40,49 64,46'],
    toward: ['2,10 24,4 52,4* 42,36 32,68 24,100', '18,50 36,50 56,50'],
  },
];

const EIGHT: readonly Shape[] = [
  {
    name: 'one stroke from the top right',
    weight: 5,
    strokes: ['52,12 34,0 12,8 10,28 28,46 50,66 50,90 28,100 8,88 10,68 30,48 50,28 54,10'],
    toward: ['42,8 28,0 14,10 14,28 26,46 40,68 38,92 24,100 10,90 12,70 26,48 40,28 44,8'],
  },
  {
    name: 'not closed at the top',
    weight: 2,
    strokes: ['52,18 36,2 14,8 12,28 30,46 50,66 48,92 26,100 6,86 10,66 32,46 52,24 66,2'],
    toward: ['44,20 32,6 16,12 14,30 28,46 40,70 36,94 20,100 6,86 12,66 28,46 44,24 52,0'],
  },
  {
    name: 'begun at the top, running left',
    weight: 2,
    strokes: ['36,0 14,8 10,26 28,44 52,62 54,86 30,100 6,88 8,66 30,46 50,26 50,8 32,0'],
    toward: ['30,0 16,8 14,28 26,48 38,68 38,90 24,100 10,90 12,68 26,50 38,28 40,8 28,0'],
  },
  {
    name: 'slim, a loop nearly a line',
    weight: 1.5,
    strokes: ['40,14 28,0 18,10 20,30 28,48 42,68 46,88 30,100 14,88 18,68 28,50 36,32 42,12'],
    toward: ['52,6 34,0 12,8 10,26 28,42 40,66 36,94 26,100 18,90 20,70 30,44 46,26 54,4'],
  },
  {
    name: 'begun at the waist',
    weight: 1,
    strokes: ['32,44 14,30 16,8 34,0 52,10 48,28 30,46 10,64 8,88 30,100 50,88 50,66 34,46'],
    toward: ['26,40 12,26 14,8 28,0 42,8 42,26 28,42 12,62 12,88 26,100 40,88 40,62 26,42'],
  },
  {
    name: 'big loop below, small one above, or the other way round',
    weight: 2,
    strokes: ['44,8 34,0 22,6 20,20 30,32 54,56 54,88 30,100 4,90 6,60 30,34 42,20 44,10'],
    toward: ['58,14 36,0 8,8 6,36 28,62 42,76 42,94 28,100 16,94 18,78 32,60 54,36 58,14'],
  },
  {
    name: 'two rings',
    weight: 1,
    strokes: ['32,46 12,36 12,10 32,0 52,12 50,36 30,46', '30,46 6,60 4,86 30,100 58,86 56,60 32,46'],
    toward: ['28,44 14,34 14,10 28,0 42,12 40,36 27,44', '27,44 10,60 10,88 26,100 42,88 42,62 28,44'],
  },
];

const NINE: readonly Shape[] = [
  {
    name: 'straight tail',
    weight: 4,
    strokes: ['52,12 34,0 12,8 4,28 16,46 38,40 52,14* 52,42 50,72 48,100'],
    toward: ['42,8 28,0 12,10 6,30 16,42 30,36 42,8* 40,40 38,72 36,100'],
  },
  {
    name: 'slanted tail',
    weight: 2.5,
    strokes: ['54,14 38,0 14,8 4,30 18,46 42,36 56,12 50,42 38,72 26,100'],
    toward: ['42,10 30,0 14,8 6,26 16,38 32,32 44,10 38,42 28,72 18,100'],
  },
  {
    name: 'curved tail',
    weight: 2,
    strokes: ['54,16 36,0 12,8 4,30 18,48 42,42 54,16 58,48 50,82 28,100 6,92'],
    toward: ['46,14 32,0 14,8 6,26 18,42 36,36 46,14 48,48 42,82 26,98 8,96'],
  },
  {
    name: 'small loop high on a long stem',
    weight: 2,
    strokes: ['40,10 28,0 14,6 8,20 16,32 32,26 42,8* 42,40 40,70 38,100'],
    toward: ['50,14 34,2 14,8 8,24 20,34 38,26 50,10 46,40 34,72 22,100'],
  },
  {
    name: 'loop not closed',
    weight: 1.5,
    strokes: ['44,2 24,4 6,22 12,42 32,44 50,26 54,8* 52,40 48,72 44,100'],
    toward: ['34,4 18,6 6,22 10,36 26,36 38,24 44,2* 40,40 34,72 28,100'],
  },
  {
    name: 'ring and a stem beside it',
    weight: 1.5,
    strokes: ['46,8 28,0 8,10 4,30 20,46 42,38 50,20 44,6', '52,4 52,36 50,68 48,100'],
    toward: ['38,10 24,2 10,12 8,30 18,40 32,34 40,18 36,8', '46,2 42,36 36,68 28,100'],
  },
  {
    name: 'begun at the stem',
    weight: 1.5,
    strokes: ['54,6 34,2 10,20 8,42 28,46 48,28 58,2* 54,34 50,68 46,100'],
    toward: ['44,4 28,4 10,18 8,34 22,38 36,26 46,4* 42,36 38,68 36,100'],
  },
];

/** The shapes of each digit, 0 first. */
export const SHAPES: readonly (readonly Shape[])[] = [
  ZERO,
  ONE,
  TWO,
  THREE,
  FOUR,
  FIVE,
  SIX,
  SEVEN,
  EIGHT,
  NINE,
];
