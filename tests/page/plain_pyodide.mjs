// Pyodide as anybody starts it: no snapshot, staysail loaded as a package. In a worker it is this file too, which then runs the code that it is
// sent and answers with the value of its last expression.

const isWorker = typeof document === "undefined";

/** @param {{jspi?: boolean, packages?: string[]}} options jspi: false takes the stack switching of the browser away. */
export async function startPlain({ jspi = true, packages = ["staysail", "pyodide-http"] } = {}) {
  if (!jspi) {
    delete WebAssembly.Suspending;
    delete WebAssembly.promising;
  }
  const { loadPyodide } = await import("/wheels/pyodide.mjs");
  const pyodide = await loadPyodide({ indexURL: "/wheels/" });
  await pyodide.loadPackage(packages, { messageCallback: () => {} });
  return pyodide;
}

/** Runs code in a new worker, which starts Python with the options of `startPlain`. */
export async function runInWorker(code, options) {
  const worker = new Worker(import.meta.url, { type: "module" });
  try {
    return await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => ("error" in data ? reject(new Error(data.error)) : resolve(data.value));
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage([code, options]);
    });
  } finally {
    worker.terminate();
  }
}

if (isWorker) {
  onmessage = async ({ data: [code, options] }) => {
    try {
      const pyodide = await startPlain(options);
      postMessage({ value: await pyodide.runPythonAsync(code) });
    } catch (error) {
      postMessage({ error: String(error).slice(-3000) });
    }
  };
}
