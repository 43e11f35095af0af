// The environment is read whole: every problem is named at once, nothing is guessed.
import { expect, test } from 'vitest';
import { readConfig } from './config.ts';

const images = {
  HEADRACE_IMAGE_INVOKER: 'i:1',
  HEADRACE_IMAGE_SCOUT: 's:1',
  HEADRACE_IMAGE_HOST_NODE26: 'h:1',
};

test('the least that is needed, with the defaults of the rest', () => {
  expect(readConfig(images)).toEqual({
    settings: {
      images: { invoker: 'i:1', scout: 's:1', hostNode26: 'h:1' },
      imagePullPolicy: 'IfNotPresent',
      resources: { invoker: {}, scout: {}, function: {} },
    },
    watchNamespaces: [],
    logLevel: 'info',
    port: 8083,
    kubeconfig: undefined,
    instance: 'headrace-operator',
  });
});

test('namespaces and resources as the chart gives them', () => {
  const config = readConfig({
    ...images,
    HEADRACE_WATCH_NAMESPACES: 'shop,bank',
    HEADRACE_RESOURCES_SCOUT: '{"limits":{"memory":"64Mi"}}',
  });
  expect(config.watchNamespaces).toEqual(['shop', 'bank']);
  expect(config.settings.resources.scout).toEqual({ limits: { memory: '64Mi' } });
});

test('all problems in one error', () => {
  const wrong = { HEADRACE_IMAGE_PULL_POLICY: 'never', HEADRACE_RESOURCES_INVOKER: '{', HEADRACE_PORT: 'x' };
  expect(() => readConfig(wrong)).toThrow(
    /IMAGE_INVOKER is not set.*IMAGE_SCOUT is not set.*'never'.*Always, IfNotPresent, Never.*RESOURCES_INVOKER is no JSON/,
  );
  expect(() => readConfig(wrong)).toThrow('HEADRACE_PORT is no port number');
});
