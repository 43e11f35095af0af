/** The newest lag sample of each binding, by uid; one that says something else than the last enqueues its binding. */
import type { StreamBinding } from '#api/types.gen.ts';
import type { BindingSample } from '#contract/scout.ts';
import { bindingKey, type Key } from './keys.ts';

export interface SamplesSeen {
  of(uid: string): BindingSample | undefined;
  put(binding: StreamBinding, sample: BindingSample): void;
  forget(uid: string): void;
}

export function createSamplesSeen(enqueue: (key: Key) => void): SamplesSeen {
  const newest = new Map<string, BindingSample>();
  return {
    of: (uid) => newest.get(uid),
    put({ metadata: { uid, namespace, name } }, sample) {
      const before = newest.get(uid);
      newest.set(uid, sample);
      if (before === undefined || gist(before) !== gist(sample)) enqueue(bindingKey(namespace, name));
    },
    forget: (uid) => void newest.delete(uid),
  };
}

/** What conditions depend on. Lag moves all the time: it is looked at when the plan says so. */
function gist({ outcome }: BindingSample): string {
  switch (outcome.kind) {
    case 'sampled':
      return `sampled ${outcome.topicId} ${outcome.positioned} ${outcome.partitions.length}`;
    case 'failed':
      return `failed ${outcome.reason} ${outcome.message}`;
  }
}
