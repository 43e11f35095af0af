/** The least that any connector must do, as a process: fetch, check the JSON, post a batch, wait for the answer. No retry, no commit, no epoch. */
import { createServer } from 'node:http';
import { reportPath } from '#contract/invoker-report.ts';
import { kafkaRoom } from '../../../functions-runtime/kafka/index.ts';
import { BareLoop } from './loop.ts';

const setting = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const loop = new BareLoop({
  cluster: kafkaRoom.connect([setting('BARE_BOOTSTRAP')], 'bare-loop'),
  topic: setting('BARE_TOPIC'),
  partitions: Number(setting('BARE_PARTITIONS')),
  endpoints: setting('BARE_ENDPOINTS').split(','),
  concurrency: Number(setting('BARE_CONCURRENCY')),
  batch: Number(setting('BARE_BATCH')),
});

// Asked for its progress in the way the invoker is.
const server = createServer((request, response) => {
  response.statusCode = request.url === reportPath ? 200 : 404;
  response.end(JSON.stringify({ recordsSettled: loop.settled }));
});
server.listen(Number(setting('BARE_PORT')), '127.0.0.1');
process.once('SIGUSR2', () => loop.begin());
process.once('SIGTERM', () => process.exit(0));
