/** The demo: the real daemon on an embedded mailbox, with a stand-in model if there is no key for a real one. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, systemClock } from '../base/clock.ts'
import { openLog } from '../base/log.ts'
import { runDaemon } from '../daemon/daemon.ts'
import { startMailbox } from './mailbox.ts'
import { type DemoOptions, present } from './present.ts'
import { writtenMail } from './sample.ts'
import { startStandIn } from './stand-in.ts'
import { buildWorld, demoLogin } from './world.ts'

/** @throws Error when a sample does not end as it should */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { environment } = options
  const directory = mkdtempSync(join(tmpdir(), 'replyd-demo-'))
  const stop = new AbortController()
  const onSignal = () => stop.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const mailbox = await startMailbox({ ...demoLogin, now: () => systemClock.now() })
  const standIn = environment.OPENAI_API_KEY ? null : await startStandIn()
  try {
    const world = await buildWorld({ directory, mailbox, standIn, environment })
    let shown: Promise<void> | null = null
    await runDaemon({
      config: world.config,
      roles: ['watch', 'work', 'web'],
      once: false,
      log: openLog(environment.REPLYD_LOG_LEVEL ?? 'silent'),
      clock: systemClock,
      newId,
      signal: stop.signal,
      deliver: (written) => {
        const now = systemClock.now()
        return mailbox.deliver(writtenMail(written, newId(now), now))
      },
      onReady: (daemon) => {
        options.onReady?.(daemon)
        // First, the caller that was waiting for this removes its line from the screen.
        shown = new Promise(setImmediate)
          .then(() => present({ ...options, world, daemon, mailbox }))
          .finally(() => {
            if (options.exit) stop.abort()
          })
        // Awaited below; until then a rejection must not end the process.
        shown.catch(() => stop.abort())
      },
    })
    await shown
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    await mailbox.close()
    await standIn?.close()
    rmSync(directory, { recursive: true, force: true })
  }
}
