// Preloaded into jest and therefore into its workers: a worker whose parent was killed ends, even if one of its tests
// hangs. The servers that it started then end, too (test/live/servers/watchdog.ts). It polls, because a listener for
// `disconnect` would keep a worker alive.
if (process.send) {
  const look = setInterval(() => {
    if (!process.connected) process.exit(1)
  }, 1000)
  look.unref()
}
