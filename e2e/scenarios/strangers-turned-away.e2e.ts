// Promise: nobody but its invokers may call a function pod; a stranger is turned away before the function sees anything.
import { expect } from 'vitest';
import { functionDeployment } from '#api/names.ts';
import { callAudience, functionPort } from '#contract/call.ts';
import { copying, name } from '../given/copying.ts';
import { scenario } from '../given/stage.ts';
import { startTraffic } from '../given/traffic.ts';
import { drained } from '../then/flow.ts';
import { verdictOf } from '../then/verdict.ts';

scenario('nobody but its invokers may call a function pod', async ({ stage }) => {
  const { kubernetes, namespace } = stage;
  const { input, output } = await copying(stage, { invokers: 1 });
  const pods = await kubernetes.list('pods', 'app.kubernetes.io/component=function');
  const ip = pods.find(({ metadata }) => metadata.name.startsWith(functionDeployment(name)))?.status?.podIP;
  expect(ip).toBeDefined();

  const tokenFor = async (audience: string, within = namespace) => {
    const args = ['create', 'token', 'default', '--audience', audience];
    const { code, stdout, stderr } = await stage.in(within).kubectl(args);
    expect(code, stderr).toBe(0);
    return stdout.trim();
  };
  const ours = callAudience(namespace, name);
  const strangers: readonly [who: string, token: string | undefined][] = [
    ['without a token', undefined],
    ['with a token for the API server', await tokenFor('https://kubernetes.default.svc')],
    ['with a token for another function', await tokenFor(callAudience(namespace, 'other'))],
    ['from another namespace', await tokenFor(ours, 'default')],
  ];
  const invoker = `${name}-invoker-0`;
  for (const [who, token] of strangers) {
    expect(await called(token), who).toBe('401 unauthorized');
  }

  const sent = await startTraffic(stage.topics, { topic: input, perSecond: 100, forMs: 2_000 }).finished;
  await drained(stage, name, input, { withinMs: 60_000 });
  const verdict = await verdictOf(stage, { sent, input, outputs: [output] });
  expect(verdict.problems).toEqual([]);

  /** From within the network of pods: what the function's pod answers to an event that nobody should take. */
  async function called(token: string | undefined): Promise<string> {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const options = JSON.stringify({ method: 'POST', body: '{"id":"stranger"}', headers });
    const program = `fetch('http://${ip}:${functionPort}/', ${options}).then((r) => console.log(r.status, r.headers.get('headrace-refused')))`;
    const { code, stdout, stderr } = await kubernetes.kubectl(['exec', invoker, '--', 'node', '-e', program]);
    expect(code, stderr).toBe(0);
    return stdout.trim();
  }
});
