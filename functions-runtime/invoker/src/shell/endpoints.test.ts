/** Endpoints out of slices: ready ones, each once, in the form that a URL takes. */
import { describe, expect, it } from 'vitest';
import { endpointsOf } from './endpoints.ts';
import { parsePlacement } from './placement.ts';

type Slice = Parameters<typeof endpointsOf>[0] extends Iterable<infer T> ? T : never;
const slice = (change: Partial<Slice>): Slice => ({
  metadata: { name: 's', uid: 'u', resourceVersion: '1' },
  addressType: 'IPv4',
  ports: [{ port: 8080 }],
  endpoints: [],
  ...change,
});
const ready = (address: string, isReady?: boolean | null) => ({
  addresses: [address],
  ...(isReady === undefined ? {} : { conditions: { ready: isReady } }),
});

describe('ready endpoints', () => {
  it('takes what is ready, or does not say', () => {
    const endpoints = [ready('10.0.0.2', true), ready('10.0.0.1'), ready('10.0.0.3', false), ready('10.0.0.4', null)];
    expect(endpointsOf([slice({ endpoints })]).ready).toEqual(['10.0.0.1:8080', '10.0.0.2:8080', '10.0.0.4:8080']);
  });
  it('joins slices, each endpoint once', () => {
    const slices = [
      slice({ endpoints: [ready('10.0.0.1')] }),
      slice({ endpoints: [ready('10.0.0.1'), ready('10.0.0.2')] }),
    ];
    expect(endpointsOf(slices).ready).toEqual(['10.0.0.1:8080', '10.0.0.2:8080']);
  });
  it('tells who starts from who ends', () => {
    const endpoints = [
      ready('10.0.0.1', false),
      { addresses: ['10.0.0.2'], conditions: { ready: false, terminating: true } },
      ready('10.0.0.3'),
      { addresses: ['10.0.0.4'], conditions: { ready: false, terminating: false } },
    ];
    expect(endpointsOf([slice({ endpoints }), slice({ endpoints: [ready('10.0.0.4', true)] })])).toEqual({
      ready: ['10.0.0.3:8080', '10.0.0.4:8080'],
      starting: ['10.0.0.1:8080'],
    });
  });
  it('writes IPv6 in brackets and leaves out what has no address, no port, or a name only', () => {
    const slices = [
      slice({ addressType: 'IPv6', endpoints: [ready('fd00::1')] }),
      slice({ addressType: 'FQDN', endpoints: [ready('a.example')] }),
      slice({ ports: null, endpoints: [ready('10.0.0.1')] }),
      slice({ endpoints: [{ addresses: [] }] }),
      slice({ endpoints: null }),
    ];
    expect(endpointsOf(slices).ready).toEqual(['[fd00::1]:8080']);
  });
});

describe('placement', () => {
  it.each<[string | undefined, number | null]>([
    ['0', 0],
    ['3', 3],
    [' 12\n', 12],
    ['', null],
    ['-1', null],
    ['1.5', null],
    ['many', null],
    [undefined, null],
  ])('%j is %s', (text, expected) => {
    expect(parsePlacement(text)).toBe(expected);
  });
});
