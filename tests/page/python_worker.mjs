// Python in a worker: runs the code it is sent, answers with the value of its last expression.

import { startPython } from "./python_start.mjs";

const ready = startPython();

onmessage = async ({ data: [id, code] }) => {
  try {
    postMessage([id, { value: await (await ready).runPythonAsync(code) }]);
  } catch (error) {
    postMessage([id, { error: String(error).slice(-2000) }]);
  }
};
