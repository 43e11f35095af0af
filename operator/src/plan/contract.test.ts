// The contract: spec resolved into numbers, defaults computed, the same text for the same spec; and which documents may go.
import { describe, expect, it } from 'vitest';
import { consumerGroupOf, contractOf, contractToMount, onExhaustedOf, unused } from './contract.ts';
import {
  bindingObserved,
  bindingSpec,
  configMap,
  exampleBinding,
  exampleHash,
  pod,
  readyFunction,
  statefulSet,
} from './observed-examples.ts';

const { delivery } = bindingSpec;

it('resolves the spec of binding and function', () => {
  const binding = exampleBinding({
    output: {
      topic: 'auction.bids',
      key: 'Source',
      contentMode: 'Binary',
      routes: [{ type: 'bid.rejected', topic: 'auction.rejected' }],
    },
    delivery: { ...delivery, deadLetter: { topic: 'auction.dlt' } },
  });
  expect(contractOf(binding, readyFunction)).toEqual({
    version: 1,
    binding: { namespace: 'auction', name: 'place-bid', uid: 'uid-binding' },
    function: { name: 'place-bid', serviceName: 'place-bid-function', kind: 'Host', timeoutMs: 30_000, concurrency: 1 },
    kafka: { bootstrapServers: ['kafka:9092'] },
    source: {
      topic: 'auction.place-bid',
      consumerGroup: 'headrace.auction.place-bid',
      format: 'Auto',
      onOffsetOutOfRange: 'Stop',
    },
    ordering: 'Partition',
    batch: { maxRecords: 100, maxBytes: 1_048_576, maxWaitMs: 0 },
    flow: { maxBufferedBytes: 67_108_864, maxResponseBytes: 6_291_456, drainTimeoutMs: 20_000 },
    delivery: {
      retry: { maxAttempts: 10, initialBackoffMs: 300, maxBackoffMs: 60_000, maxAgeMs: 21_600_000 },
      onExhausted: 'DeadLetter',
      deadLetterTopic: 'auction.dlt',
    },
    output: {
      topic: 'auction.bids',
      key: 'Source',
      contentMode: 'Binary',
      routes: [{ type: 'bid.rejected', topic: 'auction.rejected' }],
    },
  });
});

it.each([
  ['nothing said: a record must not be lost', delivery, 'Block'],
  ['a topic named: it is used', { ...delivery, deadLetter: { topic: 't' } }, 'DeadLetter'],
  ['dropping is only ever explicit', { ...delivery, onExhausted: 'Drop' as const }, 'Drop'],
])('onExhausted: %s', (_, given, expected) => expect(onExhaustedOf(given)).toBe(expected));

it('names the group that was given', () => {
  expect(consumerGroupOf(exampleBinding({ source: { ...bindingSpec.source, consumerGroup: 'mine' } }))).toBe('mine');
});

it('without an output or a dead letter the contract has neither', () => {
  const contract = contractOf(exampleBinding(), readyFunction);
  expect(contract).not.toHaveProperty('output');
  expect(contract.delivery).not.toHaveProperty('deadLetterTopic');
});

describe('contractToMount', () => {
  it('is named after its content and immutable', () => {
    const one = contractToMount(bindingObserved(), exampleHash);
    const other = contractToMount(
      bindingObserved({ binding: exampleBinding({ batch: { ...bindingSpec.batch, maxRecords: 7 } }) }),
      exampleHash,
    );
    expect(one?.own).toMatchObject({ immutable: true, metadata: { name: one?.configMap } });
    expect(other?.configMap).not.toBe(one?.configMap);
    expect(contractToMount(bindingObserved(), exampleHash)).toEqual(one);
  });

  it('does not change with scaling, suspension or status: these roll no invoker', () => {
    const scaling = { ...bindingSpec.scaling, maxInvokers: 9 };
    const other = bindingObserved({ binding: exampleBinding({ scaling, suspend: true }, { partitions: 3 }) });
    expect(contractToMount(other, exampleHash)?.hash).toBe(contractToMount(bindingObserved(), exampleHash)?.hash);
  });

  it('while the function is missing, invokers keep the one they run', () => {
    const running = bindingObserved({
      function: undefined,
      statefulSet: statefulSet(2, 'old'),
      contractConfigMaps: [configMap('place-bid-contract-old')],
    });
    expect(contractToMount(running, exampleHash)).toEqual({ configMap: 'place-bid-contract-old', hash: 'old' });
    expect(contractToMount(bindingObserved({ function: undefined }), exampleHash)).toBeUndefined();
  });
});

it('unused keeps what is next, what the template names, and what any pod mounts', () => {
  const all = ['c-next', 'c-template', 'c-pod', 'c-old'].map((name) => configMap(name));
  const template = { spec: { volumes: [{ name: 'v', configMap: { name: 'c-template' } }] } };
  const gone = unused(all, 'c-next', [template, pod('p', {}, {}, 'c-pod')]);
  expect(gone.map(({ metadata }) => metadata.name)).toEqual(['c-old']);
});
