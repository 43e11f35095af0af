// A function as somebody writes it for the Functions Framework, who has never heard of Headrace: answers each event with another one, in binary mode.
import { setTimeout as pause } from 'node:timers/promises';

export async function enrich(request, response) {
  await pause(5);
  response
    .set({
      'ce-specversion': '1.0',
      'ce-id': `${request.get('ce-id')}/enriched`,
      'ce-source': '/shop/enrich',
      'ce-type': 'shop.enriched',
      'content-type': 'application/json',
    })
    .send(JSON.stringify({ ...request.body, enriched: true }));
}
