/** The newest known objects of one list-watch, and what a list or an event changes in them. Pure. */

export interface StoredObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid: string;
    readonly resourceVersion: string;
  };
}

export interface Difference<T> {
  readonly changed: readonly T[];
  readonly deleted: readonly T[];
}

export const objectKey = (object: StoredObject): string =>
  object.metadata.namespace === undefined
    ? object.metadata.name
    : `${object.metadata.namespace}/${object.metadata.name}`;

/** Makes `known` equal to `listed`; says what is new or changed and what is gone. One that was replaced under its name is both. */
export function takeList<T extends StoredObject>(known: Map<string, T>, listed: readonly T[]): Difference<T> {
  const now = new Map(listed.map((object) => [objectKey(object), object]));
  const deleted: T[] = [];
  for (const [key, object] of known) {
    if (now.get(key)?.metadata.uid === object.metadata.uid) continue;
    known.delete(key);
    deleted.push(object);
  }
  const changed: T[] = [];
  for (const [key, object] of now) {
    if (takeChanged(known, key, object)) changed.push(object);
  }
  return { changed, deleted };
}

/** False when exactly this version is known already. */
export function takeChanged<T extends StoredObject>(known: Map<string, T>, key: string, object: T): boolean {
  if (known.get(key)?.metadata.resourceVersion === object.metadata.resourceVersion) return false;
  known.set(key, object);
  return true;
}
