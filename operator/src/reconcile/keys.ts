/** What there is to reconcile: a function, a binding, or the scout of a namespace; as text for the work queue. Pure. */

export type Key =
  | { readonly kind: 'function' | 'binding'; readonly namespace: string; readonly name: string }
  | { readonly kind: 'scout'; readonly namespace: string };

export const functionKey = (namespace: string, name: string): Key => ({ kind: 'function', namespace, name });
export const bindingKey = (namespace: string, name: string): Key => ({ kind: 'binding', namespace, name });
export const scoutKey = (namespace: string): Key => ({ kind: 'scout', namespace });

export function keyText(key: Key): string {
  return key.kind === 'scout' ? `scout/${key.namespace}` : `${key.kind}/${key.namespace}/${key.name}`;
}

/** Reads what `keyText` wrote; throws on anything else. */
export function parseKey(text: string): Key {
  const [kind, namespace, name] = text.split('/');
  if (kind === 'scout' && namespace) return scoutKey(namespace);
  if ((kind === 'function' || kind === 'binding') && namespace && name) return { kind, namespace, name };
  throw new Error(`no key: ${text}`);
}
