// Ten load shapes on which scalers are compared. Frozen with their seeds before any tuning: change them only with a decision record.

/** Records per second that arrive at one partition at a moment, and what is special about the world. */
export interface Shape {
  readonly name: string;
  readonly about: string;
  readonly durationSeconds: number;
  readonly partitions: number;
  /** Total arrival, records per second, at second `t`. */
  readonly rate: (t: number) => number;
  /** Share of the arrivals that each partition gets; sums to 1. */
  readonly shares: readonly number[];
  readonly seed: number;
  /** One call takes `callMs + recordMs × records`. */
  readonly callMs: number;
  readonly recordMs: number;
  readonly podStartMs: number;
  /** This partition does not move between the two seconds (a poison record under `Block`). */
  readonly blocked?: { readonly partition: number; readonly from: number; readonly to: number };
  readonly maxReplicas: number;
}

const even = (partitions: number): number[] => Array.from({ length: partitions }, () => 1 / partitions);
/** Zipf with exponent 1: the first of 12 partitions gets a third of all. */
const skewed = (partitions: number): number[] => {
  const weights = Array.from({ length: partitions }, (_, i) => 1 / (i + 1));
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
};

const base = { partitions: 12, shares: even(12), callMs: 20, recordMs: 4, podStartMs: 2_000, maxReplicas: 12 } as const;
const hour = 3600;

export const shapes: readonly Shape[] = [
  {
    ...base,
    name: 'step',
    about: '50 rec/s, at minute 10 a step to 1,000, at minute 40 back',
    durationSeconds: hour,
    seed: 11,
    rate: (t) => (t >= 600 && t < 2400 ? 1000 : 50),
  },
  {
    ...base,
    name: 'ramp',
    about: 'from 0 to 1,500 rec/s over 40 minutes, then nothing',
    durationSeconds: hour,
    seed: 12,
    rate: (t) => (t < 2400 ? (t / 2400) * 1500 : 0),
  },
  {
    ...base,
    name: 'daily wave',
    about: 'a day in two hours, 20 to 1,200 rec/s',
    durationSeconds: 2 * hour,
    seed: 13,
    rate: (t) => 610 - 590 * Math.cos((2 * Math.PI * t) / (2 * hour)),
  },
  {
    ...base,
    name: 'spikes',
    about: '40 s at 1,500 rec/s every 5 minutes, nothing between',
    durationSeconds: hour,
    seed: 14,
    rate: (t) => (t % 300 < 40 ? 1500 : 0),
  },
  {
    ...base,
    name: 'skewed keys',
    about: 'a third of 500 rec/s on one partition of twelve',
    durationSeconds: hour,
    seed: 15,
    shares: skewed(12),
    rate: (t) => (t >= 300 && t < 3000 ? 500 : 20),
  },
  {
    ...base,
    name: 'blocked partition',
    about: '400 rec/s, one partition stands still for 30 minutes',
    durationSeconds: hour,
    seed: 16,
    blocked: { partition: 3, from: 600, to: 2400 },
    rate: () => 400,
  },
  {
    ...base,
    name: 'slow function',
    about: '4 s a call of up to 100 records, 60 rec/s in the middle half',
    durationSeconds: hour,
    seed: 17,
    callMs: 3_900,
    recordMs: 1,
    rate: (t) => (t >= 900 && t < 2700 ? 60 : 2),
  },
  {
    ...base,
    name: 'slow pod start',
    about: 'the step, with pods that take 45 s to start',
    durationSeconds: hour,
    seed: 18,
    podStartMs: 45_000,
    rate: (t) => (t >= 600 && t < 2400 ? 1000 : 50),
  },
  {
    ...base,
    name: 'trickle',
    about: 'one record a quarter of an hour or so',
    durationSeconds: 2 * hour,
    seed: 19,
    rate: () => 1 / 900,
  },
  {
    ...base,
    name: 'nightly batch',
    about: '300,000 records within a minute, then nothing',
    durationSeconds: hour,
    seed: 20,
    rate: (t) => (t >= 300 && t < 360 ? 5000 : 0),
  },
];
