/** The end of a daemon: what it begins no more, and what it still finishes. */
import { expect, jest, test } from '@jest/globals'
import { startStandIn } from '../../src/demo/stand-in.ts'
import { startDovecot } from '../live/servers/index.ts'
import { startDaemon } from './daemon.ts'

test('no job is begun once the daemon is told to stop, although its watchers take longer', async () => {
  const address = 'support@nordlicht.example'
  const [dovecot, standIn] = await Promise.all([startDovecot(), startStandIn()])
  try {
    await using running = await startDaemon({
      address,
      imap: { host: dovecot.host, port: dovecot.imapPort, user: address, password: dovecot.password },
      smtp: { host: '127.0.0.1', port: 1 },
      standIn,
    })
    const { pipeline } = running.daemon
    const stop = jest.spyOn(pipeline, 'stop')
    const ended = running.stop()
    // Nothing has been awaited yet: the watchers still run.
    expect(stop).toHaveBeenCalledTimes(1)
    await ended
    // When the daemon disposed of the pipeline, it waited for the same.
    expect(pipeline.stop()).toBe(stop.mock.results[0]?.value)
  } finally {
    await Promise.all([dovecot.stop(), standIn.close()])
  }
})
