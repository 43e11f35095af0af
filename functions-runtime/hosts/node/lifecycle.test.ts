// A host's life as a process: orderly end, callers that go away, settings that are wrong, promises that nobody awaits.
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { HostProcess } from '../conformance/host-process.ts';

const nodeHost = {
  language: 'node',
  command: process.execPath,
  args: [fileURLToPath(new URL('main.ts', import.meta.url))],
};

const code = `
const gate = Promise.withResolvers();
export default async ({ data }, { signal, log }) => {
  switch (data?.act) {
    case 'wait': return gate.promise;
    case 'open': gate.resolve('opened'); return 'opening';
    case 'until-aborted': return new Promise((resolve) => signal.addEventListener('abort', () => { log.info('aborted', { why: signal.reason.cut }); resolve(); }));
    case 'forget': Promise.reject(new Error('forgotten')); return 'done';
    case 'crash': setTimeout(() => { throw new Error('outside'); }); return 'done';
  }
};
`;

let host: HostProcess | undefined;
const start = async (settings: Record<string, string | number> = {}) => {
  host = await HostProcess.start(nodeHost, { concurrency: 4, ...settings }, { 'index.mjs': code });
  return host;
};
afterEach(async () => {
  await host?.stop();
  host = undefined;
});

const act = (name: string) => ({ body: { act: name } });
const inFlight = (count: number) => ({ await: { inFlight: count } });

describe('SIGTERM', () => {
  it('not ready at once; running calls and those that still come are served; then the process ends', async () => {
    const running = await start();
    const waiting = running.send(act('wait'));
    await running.play([inFlight(1)]);
    running.signal('SIGTERM');
    await running.until('not ready', async () => {
      return (await running.send({ method: 'GET', path: '/headrace/readyz' })).status === 503;
    });
    const late = await running.send(act('open'));
    expect(late).toMatchObject({ status: 200, body: '"opening"', headers: { connection: 'close' } });
    expect(await waiting).toMatchObject({ status: 200, body: '"opened"' });
    expect(await running.exited()).toBe(0);
    expect(running.log.at(-1)).toMatchObject({ message: 'stopped', end: 'drained' });
  });

  it('a call that outlasts the drain is cut, and its caller told that this is no fault of the records', async () => {
    const running = await start({ drainMs: 100 });
    const waiting = running.send(act('wait'));
    await running.play([inFlight(1)]);
    running.signal('SIGTERM');
    expect(await waiting).toMatchObject({ status: 503, body: expect.stringContaining('HOST_STOPPING') });
    expect(await running.exited()).toBe(0);
    expect(running.log.at(-1)).toMatchObject({ message: 'stopped', end: 'cut' });
  });
});

describe('callers', () => {
  it('P1 one that goes away aborts its call, and the partition is free when the function has ended', async () => {
    const running = await start();
    const event = { specversion: '1.0', id: '1', source: '/s', type: 't', data: { act: 'until-aborted' } };
    const body = JSON.stringify(event);
    const socket = connect(running.port, '127.0.0.1');
    socket.write(
      `POST / HTTP/1.1\r\nhost: h\r\ncontent-type: application/cloudevents+json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await running.play([inFlight(1)]);
    socket.destroy();
    await running.play([inFlight(0)]);
    expect(running.log).toContainEqual(
      expect.objectContaining({ message: 'aborted', why: 'caller-gone', eventId: '1' }),
    );
    const { body: metrics } = await running.send({ method: 'GET', path: '/metrics' });
    expect(metrics).toContain('headrace_host_calls_total{result="caller-gone"} 1');
  });
});

describe('the code', () => {
  it('a promise that fails with nobody waiting is logged and counted; the process goes on', async () => {
    const running = await start();
    expect(await running.send(act('forget'))).toMatchObject({ status: 200 });
    await running.until('it is logged', () => running.log.some(({ level }) => level === 'error'));
    const { body } = await running.send({ method: 'GET', path: '/metrics' });
    expect(body).toContain('headrace_host_unhandled_rejections_total 1');
  });
  it('an exception outside of any call ends the process with its stack in the log', async () => {
    const running = await start();
    await running.send(act('crash'));
    expect(await running.exited()).toBe(1);
    expect(running.log.at(-1)).toMatchObject({ level: 'error', error: expect.stringContaining('index.mjs') });
  });
});

describe('settings', () => {
  it('wrong ones end the process and are named, each with what is possible', async () => {
    const failed = await HostProcess.start(nodeHost, { concurrency: 0, signature: 'Both' }, {}).catch(String);
    expect(failed).toContain('HEADRACE_CONCURRENCY');
    expect(failed).toContain('HEADRACE_SIGNATURE');
    expect(failed).toContain('Auto, Event, Batch');
  });
});
