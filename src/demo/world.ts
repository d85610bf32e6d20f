/** What the demo's daemon runs on: mailbox, knowledge, and a configuration read the same way as an owner's. */
import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../base/clock.ts'
import { loadConfig } from '../config/config.ts'
import type { Config } from '../config/settings.ts'
import { writeKnowledge } from './knowledge.ts'
import type { DemoMailbox } from './mailbox.ts'
import { demoOwner, type Sample, sampleWorld } from './samples.ts'
import { type StandIn, standInModel } from './stand-in.ts'

export const demoLogin = { user: 'support', password: 'only-for-the-demo' }

export interface World {
  config: Config
  samples: readonly Sample[]
  /** True when the offline stand-in answers. */
  offline: boolean
}

interface Parts {
  directory: string
  mailbox: DemoMailbox
  standIn: StandIn | null
  environment: NodeJS.ProcessEnv
}

/** Writes replyd.yaml and the knowledge folder into the directory, and the earlier mail into the mailbox. */
export async function buildWorld(parts: Parts): Promise<World> {
  const { directory, mailbox, standIn, environment } = parts
  await mkdir(directory, { recursive: true })
  await writeKnowledge(join(directory, 'knowledge'))
  const path = join(directory, 'replyd.yaml')
  await writeFile(path, stringify(document(parts)))
  const config = loadConfig({
    path,
    environment: realModelOnly(environment, standIn),
    readFile: (file) => readFileSync(file, 'utf8'),
  })
  const { earlier, samples } = sampleWorld(systemClock.now())
  for (const { octets, flags, mailbox: place } of earlier) await mailbox.deliver(octets, flags, place)
  return { config, samples, offline: standIn !== null }
}

function document({ mailbox, standIn }: Parts) {
  const { address, displayName, authservId } = demoOwner
  const model = standIn
    ? { name: standInModel, baseUrl: standIn.baseUrl, apiKey: 'none', concurrency: 10 }
    : {}
  return {
    accounts: [
      {
        address,
        name: displayName,
        authservIds: [authservId],
        imap: { ...mailbox.imap, secure: false, ...demoLogin },
        smtp: { ...mailbox.smtp, secure: false },
        since: 'all',
      },
    ],
    model,
    knowledge: './knowledge',
    web: { port: 0 },
    state: { directory: './data' },
  }
}

/** The demo has its own mailbox and state; only the model is taken from the owner's environment. */
function realModelOnly(environment: NodeJS.ProcessEnv, standIn: StandIn | null): NodeJS.ProcessEnv {
  if (standIn) return {}
  const { OPENAI_API_KEY, OPENAI_BASE_URL, REPLYD_MODEL } = environment
  return { OPENAI_API_KEY, OPENAI_BASE_URL, REPLYD_MODEL }
}
