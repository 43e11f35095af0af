/** Tells Events (`events.k8s.io/v1`) about our objects: repeats become a series, and neither memory nor the API server is flooded. */
import { createHash } from 'node:crypto';
import { fieldManager } from '#api/names.ts';
import type { KubeWriter } from './kube.ts';

export interface EventSubject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventToTell {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly action: string;
  readonly note: string;
  /** Told only once with this text, for as long as the first one lives: also after a restart of this process. */
  readonly once?: string;
}

export interface EventRecorder {
  /** Returns at once; sending goes on in the background, in order, and may be dropped. */
  tell(subject: EventSubject, event: EventToTell): void;
  /** After everything told so far was sent or given up. */
  readonly idle: Promise<void>;
}

export interface EventRecorderOptions {
  readonly writer: Pick<KubeWriter, 'create' | 'merge'>;
  /** Name of this process, e.g. the pod's. */
  readonly instance: string;
  /** Unix ms. */
  readonly nowMs: () => number;
  readonly onOutcome: (outcome: 'sent' | 'dropped' | 'failed', message?: string) => void;
}

/** The same told again within this long is counted in a series instead of told anew. */
const seriesMs = 10 * 60_000;
/** A running series is written at most so often. */
const seriesWriteMs = 30_000;
const rememberedMax = 1_000;
const queueMax = 200;
/** Of one object: so many at once, then one more per `refillMs` (as client-go's recorder, with a smaller wait). */
const burst = 20;
const refillMs = 60_000;
const noteMax = 1_000;

interface Series {
  readonly name: string;
  readonly startedMs: number;
  count: number;
  writtenMs: number;
}

interface Budget {
  tokens: number;
  atMs: number;
}

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const told = new Map<string, Series>();
  const budgets = new Map<string, Budget>();
  let waiting = 0;
  let sending: Promise<void> = Promise.resolve();

  const enqueue = (send: () => Promise<void>): void => {
    if (waiting >= queueMax) {
      options.onOutcome('dropped');
      return;
    }
    waiting += 1;
    sending = sending.then(send).finally(() => {
      waiting -= 1;
    });
  };
  const create = async (subject: EventSubject, event: EventToTell, name: string, atMs: number): Promise<void> => {
    const result = await options.writer.create(eventObject(subject, event, name, atMs, options.instance));
    if (result.kind === 'ok' || result.code === 'AlreadyExists') options.onOutcome('sent');
    else options.onOutcome('failed', result.message);
  };
  const count = async (subject: EventSubject, series: Series, atMs: number): Promise<void> => {
    const target = { kind: 'Event', namespace: subject.namespace, name: series.name };
    const patch = { series: { count: series.count, lastObservedTime: microTime(atMs) } };
    const result = await options.writer.merge(target, patch);
    // Gone (Events live an hour): the next one is told anew.
    if (result.kind === 'ok') options.onOutcome('sent');
    else options.onOutcome('failed', result.message);
  };

  return {
    get idle() {
      return sending;
    },
    tell(subject, event) {
      const nowMs = options.nowMs();
      if (event.once !== undefined) {
        const name = `${subject.name}.${digest(`${subject.uid} ${event.once}`)}`;
        if (told.has(name)) return;
        remember(told, name, { name, startedMs: nowMs, count: 1, writtenMs: nowMs });
        enqueue(() => create(subject, event, name, nowMs));
        return;
      }
      const key = [subject.uid, event.type, event.reason, event.action, event.note].join('\n');
      const known = told.get(key);
      if (known !== undefined && nowMs - known.startedMs < seriesMs) {
        known.count += 1;
        if (nowMs - known.writtenMs < seriesWriteMs) return;
        known.writtenMs = nowMs;
        enqueue(() => count(subject, known, nowMs));
        return;
      }
      if (!spend(budgets, subject.uid, nowMs)) {
        options.onOutcome('dropped');
        return;
      }
      const name = `${subject.name}.${BigInt(Math.round(nowMs * 1000)).toString(16)}${suffix()}`;
      remember(told, key, { name, startedMs: nowMs, count: 1, writtenMs: nowMs });
      enqueue(() => create(subject, event, name, nowMs));
    },
  };
}

/** A name that says who, the same wherever it is made. */
const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

/** Two Events of one object in the same microsecond still differ in name. */
const suffix = (): string => crypto.randomUUID().slice(0, 4);

function spend(budgets: Map<string, Budget>, uid: string, nowMs: number): boolean {
  const known = budgets.get(uid) ?? { tokens: burst, atMs: nowMs };
  const tokens = Math.min(burst, known.tokens + (nowMs - known.atMs) / refillMs);
  const enough = tokens >= 1;
  remember(budgets, uid, { tokens: enough ? tokens - 1 : tokens, atMs: nowMs });
  return enough;
}

/** Newest last; the oldest go first when there are too many. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  for (const oldest of map.keys()) {
    if (map.size <= rememberedMax) return;
    map.delete(oldest);
  }
}

/** RFC 3339 with six digits, as the API server wants it. */
const microTime = (ms: number): string => new Date(ms).toISOString().replace('Z', '000Z');

function eventObject(
  subject: EventSubject,
  event: EventToTell,
  name: string,
  atMs: number,
  instance: string,
): Parameters<KubeWriter['create']>[0] {
  const { apiVersion, kind, namespace, uid } = subject;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace },
    eventTime: microTime(atMs),
    reportingController: `headrace.dev/${fieldManager}`,
    reportingInstance: instance.slice(0, 128),
    regarding: { apiVersion, kind, namespace, name: subject.name, uid },
    type: event.type,
    reason: event.reason,
    action: event.action,
    note: event.note.slice(0, noteMax),
  };
}
