/** A daemon to attack. One that only serves pages and API has no mail server; its store can be filled by hand. */
import { type StandIn, startStandIn } from '../../src/demo/stand-in.ts'
import { type RunningDaemon, startDaemon } from '../../test/flow/daemon.ts'

export const apiToken = 'a-token-of-twenty-letters'
export const password = 'correct horse battery'
export const owner = 'support@nordlicht.example'

export interface Pages extends AsyncDisposable {
  url: string
  running: RunningDaemon
}

/** @param web keys of the configuration's `web` */
export async function startPages(web: Record<string, unknown> = {}): Promise<Pages> {
  const standIn: StandIn = await startStandIn()
  const running = await startDaemon({
    address: owner,
    imap: { host: '127.0.0.1', port: 9, user: 'support', password: 'none' },
    smtp: { host: '127.0.0.1', port: 9 },
    standIn,
    roles: ['web'],
    document: { web: { port: 0, token: apiToken, ...web } },
  })
  return {
    url: running.daemon.url ?? '',
    running,
    async [Symbol.asyncDispose]() {
      await running.stop()
      await standIn.close()
    },
  }
}
