/** Test support: a client in a process of its own, which can be stopped and woken; it tells when its request is out, and what came of it. */
import { FunctionClient } from './function-client.ts';

const [endpoint = '', timeoutMs = ''] = process.argv.slice(2);
const client = new FunctionClient(endpoint, { connections: 1, maxResponseBytes: 1000 });
const mayBegin = (): boolean => {
  setImmediate(() => console.log('sent'));
  return true;
};
const reply = await client.send({ path: '/', headers: {}, body: 'x', timeoutMs: Number(timeoutMs), mayBegin });
console.log(reply.kind);
await client.close();
