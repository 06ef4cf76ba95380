// 500 bare cases with promptfoo: a provider that waits as the task does, `maxConcurrency`.
//   node with_promptfoo.mjs COUNT AT_ONCE TASK_S FOLDER     (FOLDER: where `npm install promptfoo` was run)

import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

const [count, atOnce, taskS, folder] = process.argv.slice(2);
const installed = createRequire(join(folder, 'package.json')).resolve('promptfoo');
const { default: promptfoo } = await import(pathToFileURL(installed).href);

async function waiting(prompt) {
  await wait(Number(taskS) * 1000);
  return { output: prompt };
}

const tests = Array.from({ length: Number(count) }, (_, n) => ({
  vars: { n: String(n) },
  assert: [{ type: 'equals', value: String(n) }],
}));
const began = performance.now();
const evaluated = await promptfoo.evaluate(
  { prompts: ['{{n}}'], providers: [waiting], tests, writeLatestResults: false },
  { maxConcurrency: Number(atOnce), cache: false, showProgressBar: false },
);
const took = (performance.now() - began) / 1000;
const { stats } = await evaluated.toEvaluateSummary();
if (stats.successes !== Number(count)) throw new Error(`${stats.successes} of ${count} passed: ${JSON.stringify(stats)}`);
console.log(JSON.stringify({ took_s: took }));
process.exit(0);
