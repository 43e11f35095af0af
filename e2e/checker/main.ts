/** `node e2e/checker/main.ts FOLDER`: checks the history in a folder; ends with 1 unless it is valid. */
import { check } from './check.ts';
import { readHistory } from './read-history.ts';
import { reportText } from './report-text.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('give the folder with the history: node e2e/checker/main.ts FOLDER');
  process.exit(2);
}
const history = readHistory(folder);
const report = check(history);
console.log(reportText(report, history));
process.exit(report.verdict === 'valid' ? 0 : 1);
