// The operator's side of the talk with the scouts: one hanging request per namespace, samples handed on as they come.
import { Agent, request } from 'undici';
import type { BindingSample, SamplesAnswer, ScoutDocument } from '#contract/scout.ts';
import { documentPath, samplesPath, samplesWaitMs } from '#contract/scout.ts';

export interface ScoutsOptions {
  /** Base URL of the scout of a namespace, e.g. `http://headrace-scout.shop.svc:8081`; null: there is none yet. */
  readonly urlOf: (namespace: string) => string | null;
  readonly onSamples: (namespace: string, samples: readonly BindingSample[]) => void;
  /** A scout that cannot be asked is a failed sample of each of its bindings. */
  readonly now: () => number;
}

export interface Scouts {
  /** What the scout of `namespace` shall watch; null: none of it any more. */
  watch(namespace: string, document: ScoutDocument | null): void;
  stop(): void;
}

/** Pause after a failed request, twice that after several: a scout that starts is found within this. */
const retryMs = 500;
/** A misbehaving scout cannot fill the operator's memory: 1,000 bindings of 100 partitions at 100 bytes fit. */
const answerBytesMax = 16 * 1024 * 1024;

interface Talk {
  document: ScoutDocument;
  isOver: boolean;
  /** Ends the request that hangs, and the pause after it. */
  asking: AbortController;
}

function end(talk: Talk): void {
  talk.isOver = true;
  talk.asking.abort();
}

export function createScouts(options: ScoutsOptions): Scouts {
  const agent = new Agent({
    connections: 2,
    connect: { timeout: 2_000 },
    headersTimeout: samplesWaitMs * 2,
    bodyTimeout: samplesWaitMs * 2,
    maxResponseSize: answerBytesMax,
  });
  const talks = new Map<string, Talk>();

  async function talk(namespace: string, state: Talk): Promise<void> {
    let after = 0;
    let failures = 0;
    while (!state.isOver) {
      const document = state.document;
      state.asking = new AbortController();
      const { signal } = state.asking;
      try {
        const url = options.urlOf(namespace);
        if (url === null) throw new Error('the scout has no address yet');
        const answer = await askSamples(agent, url, document, after, signal);
        if (answer === 'unknown-document') {
          await putDocument(agent, url, document, signal);
          after = 0;
          continue;
        }
        failures = 0;
        after = answer.sequence;
        if (answer.samples.length > 0) options.onSamples(namespace, answer.samples);
      } catch (error) {
        if (state.document !== document) continue;
        if (state.isOver) return;
        failures += 1;
        // The first second of a scout's life is no news.
        if (failures > 2)
          options.onSamples(
            namespace,
            document.bindings.map((b) => unreachable(b.uid, error, options.now())),
          );
        await pause(retryMs * Math.min(failures, 2), signal);
      }
    }
  }

  return {
    watch(namespace, document) {
      const known = talks.get(namespace);
      if (document === null) {
        if (known !== undefined) end(known);
        talks.delete(namespace);
        return;
      }
      if (known !== undefined) {
        if (known.document.hash === document.hash) return;
        known.document = document;
        // What hangs waits for samples of the old one.
        known.asking.abort();
        return;
      }
      const state: Talk = { document, isOver: false, asking: new AbortController() };
      talks.set(namespace, state);
      void talk(namespace, state);
    },
    stop() {
      for (const talk of talks.values()) end(talk);
      talks.clear();
      agent.destroy().catch(() => undefined);
    },
  };
}

async function askSamples(
  agent: Agent,
  url: string,
  document: ScoutDocument,
  after: number,
  signal: AbortSignal,
): Promise<SamplesAnswer | 'unknown-document'> {
  const target = `${url}${samplesPath}?document=${encodeURIComponent(document.hash)}&after=${after}`;
  const { statusCode, body } = await request(target, { dispatcher: agent, signal });
  if (statusCode === 412) {
    await body.dump();
    return 'unknown-document';
  }
  if (statusCode !== 200) throw new Error(`the scout answered ${statusCode}: ${(await body.text()).slice(0, 200)}`);
  return (await body.json()) as SamplesAnswer;
}

async function putDocument(agent: Agent, url: string, document: ScoutDocument, signal: AbortSignal): Promise<void> {
  const { statusCode, body } = await request(`${url}${documentPath}`, {
    method: 'PUT',
    dispatcher: agent,
    signal,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(document),
  });
  const text = await body.text();
  if (statusCode !== 204) throw new Error(`the scout refused its document with ${statusCode}: ${text.slice(0, 200)}`);
}

const unreachable = (uid: string, error: unknown, atMs: number): BindingSample => ({
  uid,
  atMs,
  outcome: {
    kind: 'failed',
    reason: 'SampleFailed',
    message: `the scout of this namespace does not answer: ${error instanceof Error ? error.message : String(error)}`,
  },
});

const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done);
  });
