/** One text for one value, whatever the order of its fields: to compare what is planned with what stands there. Pure. */

/** JSON with sorted fields; fields that are undefined are left out, as in what is sent. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, field: unknown) => {
    if (typeof field !== 'object' || field === null || Array.isArray(field)) return field;
    return Object.fromEntries(Object.entries(field).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
  });
}
