// Runs inside the extension host, around the real test module: code-server reports success when the extension host
// dies in the middle of a run, so a run has passed only if this file got to the end and left its verdict.
'use strict';
const fs = require('node:fs');

exports.run = async () => {
  const verdict = process.env.DATALAKE_HOST_VERDICT;
  try {
    const { run } = require(process.env.DATALAKE_HOST_TESTS);
    if (typeof run !== 'function') throw new Error(`${process.env.DATALAKE_HOST_TESTS} exports no run()`);
    await run();
  } catch (error) {
    fs.writeFileSync(verdict, `failed: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
  fs.writeFileSync(verdict, 'passed');
};
