"""The parts that differ between runtimes: transports, storage and waiting. Only here and in the bridge is the browser imported."""
