/** The user's code of the fault scenarios: does what each record asks for, and writes down every call itself, before and after. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, openSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';

const { AUDIT_FILE, AUDIT_FAILING_FILE, AUDIT_CALL_MS = '5' } = process.env;
const callMs = Number(AUDIT_CALL_MS);
const file = openSync(AUDIT_FILE, 'a');
const { pid } = process;
const requests = new AsyncLocalStorage();
let calls = 0;

const nowMs = () => Number(process.hrtime.bigint()) / 1e6;
/** Written at once: a host that is killed then leaves nothing out. */
const log = (entry) => writeSync(file, `${JSON.stringify({ ...entry, atMs: nowMs(), pid })}\n`);

const refusals = { 401: 'unauthorized', 408: 'late', 409: 'stale', 413: 'too-large', 423: 'busy' };

// The host does not tell functions the epoch; the request does. It also shows calls that the host refuses.
subscribe('http.server.request.start', ({ request, response }) => {
  const partition = request.headers['headrace-partition'];
  if (partition === undefined) return;
  const call = { partition: Number(partition), epoch: Number(request.headers['headrace-epoch']), started: false };
  requests.enterWith(call);
  response.once('finish', () => {
    const refusal = refusals[response.statusCode];
    if (call.started || refusal === undefined) return;
    log({ kind: 'refused', partition: call.partition, epoch: call.epoch, refusal });
  });
});

export default async function audited(events, context) {
  const request = requests.getStore();
  request.started = true;
  calls += 1;
  const call = calls;
  const offsets = events.map(({ id }) => Number(id.slice(id.lastIndexOf('/') + 1)));
  const { partition, attempt, deadlineMs: deadlineUnixMs, signal } = context;
  log({ kind: 'started', call, partition, offsets, epoch: request.epoch, attempt, deadlineUnixMs });
  let isOver = false;
  const end = (verdicts) => {
    if (isOver) return;
    isOver = true;
    log({ kind: 'ended', call, verdicts, cut: signal.aborted ? signal.reason.cut : null });
  };
  // A function that obeys is over when it is told to stop; one that is late by design is not.
  const obeys = !events.some(({ data }) => data.class === 'late' && attempt <= data.times);
  const stopped = () => obeys && end(events.map(() => 'not-run'));
  signal.addEventListener('abort', stopped, { once: true });
  try {
    const results = await work(events, context);
    end(results.map((result) => (result instanceof Error ? (result.reject ? 'reject' : 'retry') : 'ok')));
    return results;
  } catch (error) {
    end(events.map(() => 'retry'));
    throw error;
  }
}
audited.batch = true;

async function work(events, context) {
  const { attempt, signal } = context;
  if (callMs > 0) await pause(callMs, undefined, { signal });
  if (AUDIT_FAILING_FILE !== undefined && existsSync(AUDIT_FAILING_FILE))
    throw new Error('the function’s database is away');
  const results = [];
  for (const { data } of events) results.push(await one(data, attempt, context));
  return results;
}

async function one(data, attempt, { signal, deadlineMs, reject }) {
  const { seq, times, waitMs } = data;
  const isBad = attempt <= times;
  switch (data.class) {
    case 'ok':
      return { seq };
    case 'two':
      return [{ seq }, { seq }];
    case 'none':
      return null;
    case 'flaky':
      return isBad ? new Error(`not yet at attempt ${attempt}`) : { seq };
    case 'poison':
      return new Error('never');
    case 'throws':
      throw new Error('never, and without saying of whom');
    case 'reject':
      return reject('no such thing');
    case 'slow':
      await pause(waitMs, undefined, { signal });
      return { seq };
    case 'hang':
      if (isBad) await pause(3_600_000, undefined, { signal });
      return { seq };
    case 'late':
      if (isBad) await pause(deadlineMs - Date.now() + waitMs);
      return { seq };
    case 'huge':
      return new Array(times).fill({ seq });
    default:
      throw new Error(`no such class: ${data.class}`);
  }
}
