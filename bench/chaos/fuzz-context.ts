/** The context for the steps, with the real store, model adapter and prompts; only the mailbox is not used. */
import { join } from 'node:path'
import { newId, systemClock } from '../../src/base/clock.ts'
import { silentLog } from '../../src/base/log.ts'
import { loadConfig } from '../../src/config/config.ts'
import type { Account, StepContext } from '../../src/context.ts'
import { standInModel, startStandIn } from '../../src/demo/stand-in.ts'
import { openImapAccount } from '../../src/imap/imap.ts'
import { ConfiguredModels } from '../../src/model/models.ts'
import { loadPrompts } from '../../src/model/prompts.ts'
import { openSubmission } from '../../src/smtp/submission.ts'
import { openDatabase } from '../../src/store/database.ts'

const address = 'support@nordlicht.example'

/** @param databaseUrl the embedded store when absent */
export async function fuzzContext(directory: string, databaseUrl?: string) {
  const standIn = await startStandIn()
  const path = join(directory, 'replyd.yaml')
  const server = 'host: 127.0.0.1, port: 1, secure: false, user: u, password: p'
  const document = `
accounts: [{ address: ${address}, imap: { ${server} }, smtp: { ${server} }, mailboxes: { sent: Sent } }]
model: { name: ${standInModel}, baseUrl: '${standIn.baseUrl}', apiKey: none, price: { input: 0, output: 0 } }
budget: { perDay: 1000 }
${databaseUrl ? `state: { databaseUrl: '${databaseUrl}' }` : ''}
`
  const config = loadConfig({ path, environment: {}, readFile: () => document })
  const db = await openDatabase(config.state, silentLog)
  const [settings] = config.accounts
  if (!settings) throw new Error('no account')
  const surroundings = { log: silentLog, clock: systemClock, random: Math.random }
  const imap = openImapAccount(settings, surroundings)
  // No thread is looked up: there is no server, and a fuzzed mail's references lead nowhere.
  imap.specialMailboxes = () =>
    Promise.resolve({ drafts: null, sent: null, junk: null, trash: null, archive: null })
  const account: Account = {
    settings,
    imap,
    smtp: openSubmission(settings.smtp, surroundings),
    knowledge: null,
    prompts: loadPrompts(settings.prompts),
  }
  const context: StepContext = {
    db,
    clock: systemClock,
    newId,
    random: Math.random,
    log: silentLog,
    config,
    accounts: new Map([[address, account]]),
    models: new ConfiguredModels(config.model, { db, log: silentLog, clock: systemClock }),
    replyKey: Buffer.alloc(32),
    resolveTxt: () => Promise.reject(new Error('a fuzzed mail has no name server')),
  }
  const dispose = async () => {
    await db[Symbol.asyncDispose]()
    await standIn.close()
  }
  return { context, account, [Symbol.asyncDispose]: dispose }
}
