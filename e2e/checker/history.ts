/** What a history is made of: one JSON line per thing that happened, one file per process that saw it. The checker reads nothing else. */

/** Monotonic ms of the machine (`process.hrtime`), the same clock in every process of one machine. */
type MonotonicMs = number;

/** What was promised and planned: without it nothing can be judged. */
export interface Rules {
  readonly kind: 'rules';
  readonly title: string;
  readonly partitions: number;
  /** Records that the load was to write. */
  readonly plannedRecords: number;
  /** Faults that were to happen: a fault that never came proves nothing. */
  readonly plannedFaults: readonly string[];
  readonly maxAttempts: number;
  readonly commitIntervalMs: number;
  /** What a commit may need on top of its interval on a busy machine, before D5 counts its records as repeated without cause. */
  readonly commitSlackMs: number;
  /** A refused call of an older owner is forgiven for so long after the newer one came: it had not been told yet. */
  readonly staleGraceMs: number;
  readonly statusGraceMs: number;
  readonly memoryCapBytes: number;
}

/** Two clocks at one moment: brokers and logs tell Unix time. */
export interface ClockPair {
  readonly kind: 'clock';
  readonly atMs: MonotonicMs;
  readonly unixMs: number;
}

/** A record that the broker acknowledged to the load. */
export interface Sent {
  readonly kind: 'sent';
  readonly atMs: MonotonicMs;
  readonly seq: number;
}

export type Verdict = 'ok' | 'retry' | 'reject' | 'not-run';

/** The user's code began with a call. */
export interface CallStarted {
  readonly kind: 'started';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  /** Unique within the process. */
  readonly call: number;
  readonly partition: number;
  /** In the order of the call, read from the events themselves. */
  readonly offsets: readonly number[];
  readonly epoch: number;
  readonly attempt: number;
  readonly deadlineUnixMs: number;
}

/** The user's code returned, threw, or obeyed the abort. */
export interface CallEnded {
  readonly kind: 'ended';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  readonly call: number;
  readonly verdicts: readonly Verdict[];
  /** Why its host had given the call up by then; null: it had not. */
  readonly cut: string | null;
}

/** A host refused a call before the user's code saw it. */
export interface CallRefused {
  readonly kind: 'refused';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  readonly partition: number;
  readonly epoch: number;
  readonly refusal: string;
}

/** An invoker says that it took a partition over; `unixMs` because its log tells Unix time. */
export interface Owned {
  readonly kind: 'owned';
  readonly unixMs: number;
  readonly pid: number;
  readonly partition: number;
  readonly epoch: number;
}
export interface Gone {
  readonly kind: 'gone';
  readonly unixMs: number;
  readonly pid: number;
  readonly partition: number;
  readonly how: string;
}
export interface CircuitChange {
  readonly kind: 'circuit';
  readonly unixMs: number;
  readonly pid: number;
  readonly state: 'open' | 'closed';
}

/** What an invoker told about itself when it was asked. */
export interface StatusSample {
  readonly kind: 'status';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  readonly owned: readonly number[];
  readonly blocked: readonly { readonly partition: number; readonly offset: number }[];
}
export interface MemorySample {
  readonly kind: 'memory';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  readonly bytes: number;
}

export interface ProcessChange {
  readonly kind: 'process';
  readonly atMs: MonotonicMs;
  readonly pid: number;
  /** `invoker-0`, `host-1`. */
  readonly name: string;
  readonly state: 'started' | 'ended';
}

/** `clean`: nothing may be repeated because of it. */
export interface FaultBegan {
  readonly kind: 'fault';
  readonly atMs: MonotonicMs;
  readonly fault: number;
  readonly what: string;
  readonly clean: boolean;
}
export interface FaultEnded {
  readonly kind: 'healed';
  readonly atMs: MonotonicMs;
  readonly fault: number;
}

/** `ack`: the function takes it; `dead-letter`: it must end there; `either`: nobody can know before. */
export type Fate = 'ack' | 'dead-letter' | 'either';

/** A record of the input topic, as another client read it afterwards. */
export interface InputRecord {
  readonly kind: 'input';
  readonly partition: number;
  readonly offset: number;
  /** False: its transaction was aborted; only a reader of uncommitted records sees it. */
  readonly visible: boolean;
  readonly seq: number;
  readonly fate: Fate;
  /** So many outputs belong to it. */
  readonly outputs: number;
  /** Of key, value, headers and timestamp. */
  readonly digest: string;
}
export interface OutputRecord {
  readonly kind: 'output';
  readonly partition: number;
  readonly offset: number;
  /** When the broker appended it; null: the topic keeps another time. */
  readonly appendedUnixMs: number | null;
  readonly originPartition: number;
  readonly originOffset: number;
  readonly index: number;
}
export interface DeadLetter {
  readonly kind: 'dead-letter';
  readonly offset: number;
  readonly appendedUnixMs: number | null;
  readonly originPartition: number;
  readonly originOffset: number;
  /** Of key, value, timestamp and the headers that were there before. */
  readonly digest: string;
}
/** From the broker's own record of all commits, in its order. */
export interface CommitRecord {
  readonly kind: 'commit';
  readonly order: number;
  readonly unixMs: number;
  readonly partition: number;
  readonly offset: number;
  /** null: not an invoker's commit, as the initial positions are. */
  readonly epoch: number | null;
  readonly released: boolean;
}

/** The end of the run: faults healed, and what could be waited for was waited for. */
export interface Rest {
  readonly kind: 'rest';
  readonly atMs: MonotonicMs;
  readonly blocked: readonly { readonly partition: number; readonly offset: number }[];
}

export type Entry =
  | Rules
  | ClockPair
  | Sent
  | CallStarted
  | CallEnded
  | CallRefused
  | Owned
  | Gone
  | CircuitChange
  | StatusSample
  | MemorySample
  | ProcessChange
  | FaultBegan
  | FaultEnded
  | InputRecord
  | OutputRecord
  | DeadLetter
  | CommitRecord
  | Rest;

export type EntryOf<K extends Entry['kind']> = Extract<Entry, { kind: K }>;
