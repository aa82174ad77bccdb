/** What is to be stopped before this program ends, however it does. */
const stops = new Set<() => void>()

function stopAll(): void {
  for (const stop of stops) stop()
}

process.on('exit', stopAll)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  const onSignal = () => {
    stopAll()
    // With this listener gone, the signal does again what it does without one.
    process.off(signal, onSignal)
    process.kill(process.pid, signal)
  }
  process.on(signal, onSignal)
}

/** Has `stop` called when this program ends, by itself or by a signal; the function that it answers with takes that back. */
export function beforeTheEnd(stop: () => void): () => void {
  stops.add(stop)
  return () => stops.delete(stop)
}
