/**
 * Says why a worker's script did not load, which its error event does not. A module of its own, which no worker imports: bundlers cannot
 * split the modules of a worker.
 * @param {string} address
 * @returns {Promise<string>}
 */
export function explain(address) {
  return import("./load-faults.js").then(
    ({ explainLoading }) => explainLoading(address),
    () => `the script of its worker, ${address}, did not load`,
  );
}
