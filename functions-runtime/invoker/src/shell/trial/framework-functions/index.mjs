// Functions as somebody writes them for the Functions Framework, who has never heard of Headrace; given to it by the test.
import { appendFileSync } from 'node:fs';

const seen = new Set();

/** Signature `cloudevent`: writes each event down. Every seventh fails when it comes for the first time. */
export async function audit(event) {
  await new Promise((resolve) => setImmediate(resolve));
  const isFirst = !seen.has(event.id);
  seen.add(event.id);
  if (event.data.n % 7 === 3 && isFirst) throw new Error(`cannot do ${event.data.n} yet`);
  const { id, source, type, subject, partitionkey, data } = event;
  appendFileSync(process.env.AUDIT_FILE, `${JSON.stringify({ id, source, type, subject, partitionkey, data })}\n`);
}

/** Signature `http`: answers each event with another one, in binary mode. */
export function enrich(request, response) {
  const id = request.get('ce-id');
  if (request.body.n % 5 === 2 && !seen.has(id)) {
    seen.add(id);
    response.status(500).send('the first time is always hard');
    return;
  }
  response
    .set({
      'ce-specversion': '1.0',
      'ce-id': `${id}/enriched`,
      'ce-source': '/enrich',
      'ce-type': 'shop.enriched',
      'content-type': 'application/json',
    })
    .send(JSON.stringify({ ...request.body, by: process.pid }));
}
