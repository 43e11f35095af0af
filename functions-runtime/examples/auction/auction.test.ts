// The auction's functions as their manifests hold them, each on a real host process.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadAll } from 'js-yaml';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HostProcess } from '../../hosts/conformance/host-process.ts';

interface Manifest {
  readonly kind: 'EventFunction' | 'StreamBinding';
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly code?: { readonly inline: string };
    readonly handler?: string;
    readonly signature?: string;
    readonly functionRef?: { readonly name: string };
  };
}

const here = new URL('./', import.meta.url);
const manifests = readdirSync(here)
  .filter((name) => name.endsWith('.yaml'))
  .flatMap((name) => loadAll(readFileSync(new URL(name, here), 'utf8')) as Manifest[]);
const functions = manifests.filter(({ kind }) => kind === 'EventFunction');

const nodeHost = {
  language: 'node',
  command: process.execPath,
  args: [fileURLToPath(new URL('../../hosts/node/main.ts', here))],
};

/** What the function makes of events with these data: per event its status and the data of its outputs. */
function onHost(name: string) {
  let host: HostProcess;
  beforeAll(async () => {
    const fn = functions.find(({ metadata }) => metadata.name === name);
    const { code, handler = 'default', signature = 'Auto' } = fn?.spec ?? {};
    host = await HostProcess.start(
      nodeHost,
      { function: name, handler, signature },
      { 'index.mjs': code?.inline ?? '' },
    );
  });
  afterAll(() => host?.stop());
  return async (...data: unknown[]) => {
    const answer = await host.send({
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: data.map((each, n) => ({ specversion: '1.0', id: `e${n}`, source: '/people', type: 't', data: each })),
    });
    expect(answer.status, answer.body).toBe(200);
    const { results } = JSON.parse(answer.body) as {
      results: {
        status: string;
        reason?: string;
        outputs?: { type: string; subject: string; id: string; data: unknown }[];
      }[];
    };
    return results.map(({ status, reason, outputs = [] }) => [
      reason === undefined ? status : `${status}: ${reason}`,
      ...outputs.map(({ type, subject, data }) => ({ type: type.replace('dev.headrace.auction.', ''), subject, data })),
    ]);
  };
}

const item = {
  item: 'i1',
  seller: 'p1',
  category: 'maps',
  location: 'Paris',
  reserve: 500,
  opensAt: '2026-11-21T12:00:00Z',
  expiresAt: '2026-11-21T12:01:00Z',
};

describe('place-item', () => {
  const place = onHost('place-item');
  it('adds the cell of the place', async () => {
    expect(await place(item)).toEqual([
      ['ok', { type: 'item.listed', subject: 'i1', data: { ...item, cell: 'u09t' } }],
    ]);
  });
  it('answers with a refusal that says every fault; the items around it go on', async () => {
    const refused = (faults: string[]) => [
      'ok',
      { type: 'item.rejected', subject: 'i1', data: { item: 'i1', faults } },
    ];
    const [first, bad, unpriced, last] = await place(
      item,
      { ...item, location: 'toString', expiresAt: 'soon' },
      { ...item, reserve: 0 },
      item,
    );
    expect(bad).toEqual(refused(['it does not expire after it opens', 'nobody delivers to toString']));
    expect(unpriced).toEqual(refused(['the reserve is not above 0']));
    expect([first?.[0], last?.[0]]).toEqual(['ok', 'ok']);
  });
  it('rejects what is no item', async () => {
    expect(await place({}, null)).toEqual([['reject: this is no item'], ['reject: this is no item']]);
  });
});

describe('place-bid', () => {
  const place = onHost('place-bid');
  const bid = { bid: 'b1', item: 'i1', bidder: 'p2', amount: 700 };
  it('accepts a bid, rejects what is none', async () => {
    expect(await place(bid, { ...bid, amount: -1 }, { ...bid, amount: 1.5 }, {}, bid)).toEqual([
      ['ok', { type: 'bid.accepted', subject: 'i1', data: bid }],
      ['reject: the amount is -1'],
      ['reject: the amount is 1.5'],
      ['reject: this is no bid'],
      ['ok', { type: 'bid.accepted', subject: 'i1', data: bid }],
    ]);
  });
});

const complete = {
  item: 'i1',
  seller: 'p1',
  category: 'maps',
  cell: 'u09t',
  winner: 'p3',
  price: 1250,
  bids: 3,
  bidders: ['p3', 'p2'],
};
const unsold = { ...complete, winner: null, price: 0, bids: 0, bidders: [] };

describe('notify-bidders', () => {
  const notify = onHost('notify-bidders');
  it('tells the seller and every bidder', async () => {
    const [sold, nothing] = await notify(complete, unsold);
    const note = (person: string, text: string) => ({
      type: 'notification',
      subject: person,
      data: { person, item: 'i1', text },
    });
    expect(sold).toEqual([
      'ok',
      note('p1', 'sold to p3 for 12.50'),
      note('p3', 'yours for 12.50'),
      note('p2', 'not yours this time'),
    ]);
    expect(nothing).toEqual(['ok', note('p1', 'not sold')]);
  });
});

describe('analytics', () => {
  const figures = onHost('analytics');
  it('draws one figure per auction', async () => {
    const figure = (bids: number, price: number, sold: boolean) => ({
      type: 'figure',
      subject: 'i1',
      data: { cell: 'u09t', category: 'maps', bids, price, sold },
    });
    expect(await figures(complete, unsold)).toEqual([
      ['ok', figure(3, 1250, true)],
      ['ok', figure(0, 0, false)],
    ]);
  });
});

it('every function has one binding of its name', () => {
  const bindings = manifests.filter(({ kind }) => kind === 'StreamBinding');
  expect(bindings.map(({ spec }) => spec.functionRef?.name).sort()).toEqual(
    functions.map(({ metadata }) => metadata.name).sort(),
  );
});
