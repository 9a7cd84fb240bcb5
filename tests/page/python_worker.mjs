// Python in a worker: runs the code it is sent, answers with the value of its last expression.

import { loadPyodide } from "/wheels/pyodide.mjs";

const ready = (async () => {
  const pyodide = await loadPyodide({ indexURL: "/wheels/" });
  await pyodide.loadPackage(["staysail"], { messageCallback: () => {} });
  return pyodide;
})();

onmessage = async ({ data: [id, code] }) => {
  try {
    postMessage([id, { value: await (await ready).runPythonAsync(code) }]);
  } catch (error) {
    postMessage([id, { error: String(error).slice(-2000) }]);
  }
};
