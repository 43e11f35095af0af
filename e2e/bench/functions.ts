/** The functions that are called: what a user would write, with a wait that stands for work outside of the process. */

/** Takes a whole batch and waits so long for each call; 0: does nothing at all. */
export function waitingCode(waitMs: number): string {
  const wait = waitMs === 0 ? '' : `await new Promise((resolve) => setTimeout(resolve, ${waitMs}));`;
  return `const handle = async () => { ${wait} };\nhandle.batch = true;\nexport default handle;\n`;
}

/** `[sent, appended, called]` in Unix ms for each event; the notes are the answer to a plain request. */
export const latencyCode = `
const notes = [];
const handle = (events) => {
  const calledMs = performance.timeOrigin + performance.now();
  if (events[0].type === 'dev.headrace.http.request.v1') return [notes];
  for (const { data, time } of events) notes.push([data.sentAtMs, Date.parse(time), calledMs]);
};
handle.batch = true;
export default handle;
`;

/** Waits \`slowMs\` for partition 0 and \`waitMs\` for the others; the notes \`[partition, events, calledMs]\` are the answer to a plain request. */
export function oneSlowCode(slowMs: number, waitMs: number): string {
  return `
const notes = [];
const handle = async (events, { partition }) => {
  if (partition === undefined) return [notes];
  notes.push([partition, events.length, performance.timeOrigin + performance.now()]);
  await new Promise((resolve) => setTimeout(resolve, partition === 0 ? ${slowMs} : ${waitMs}));
};
handle.batch = true;
export default handle;
`;
}
