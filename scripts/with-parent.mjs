// Preloaded into jest and so into its workers: one whose parent was killed ends, even if a test of its own hangs. The servers
// that it started then end too (test/live/servers/watchdog.ts). A look now and then, since a listener for `disconnect` would
// keep a worker from ending by itself.
if (process.send) {
  const look = setInterval(() => {
    if (!process.connected) process.exit(1)
  }, 1000)
  look.unref()
}
