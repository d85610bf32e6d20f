import { join } from 'node:path'
import { projectRoot } from '../child.ts'
import { answerFor } from '../model.ts'
import { later, type Moment, usualMails } from '../moment.ts'
import type { World } from '../world.ts'

const drainsWithinMs = 10_500

async function terminateNow(world: World): Promise<void> {
  const ms = await world.daemon.terminate()
  if (ms > drainsWithinMs) throw new Error(`SIGTERM took ${Math.round(ms)} ms`)
}

/** SIGTERM as soon as the step has started, which a request to one of its peers shows. */
function terminatedDuring(step: string, begun: (world: World) => Promise<void>): Moment {
  return {
    name: `daemon: SIGTERM during ${step}`,
    async inject(world) {
      const started = begun(world)
      await world.deliver(usualMails)
      await started
      await terminateNow(world)
    },
  }
}

const atImap = (pattern: RegExp) => (world: World) =>
  world.imap.once('toServer', (text) => (pattern.test(text) ? text : undefined))

const atModel = (task: string) => (world: World) =>
  new Promise<void>((resolve) => {
    world.modelFault = (request) => {
      if (request.question.task !== task) return undefined
      world.modelFault = () => undefined
      resolve()
      return { ...answerFor(request), delayMs: 500 }
    }
  })

const atSmtp = (world: World) =>
  new Promise<void>((resolve) => {
    world.smtpFault = async (moment) => {
      if (moment !== 'dot') return undefined
      world.smtpFault = () => undefined
      resolve()
      await later(500)
      return undefined
    }
  })

export const daemonMoments: readonly Moment[] = [
  {
    name: 'daemon: kill -9 at random',
    uncertain: true,
    async inject(world) {
      await world.deliver(usualMails)
      await later(Math.random() * 1500)
      world.daemon.kill()
    },
  },
  terminatedDuring('watch and ingest', atImap(/FETCH/)),
  terminatedDuring('triage', atModel('triage')),
  terminatedDuring('compose', atModel('compose')),
  terminatedDuring('file', atImap(/UID MOVE/)),
  terminatedDuring('deliver to Drafts', atImap(/APPEND "?Drafts/)),
  terminatedDuring('deliver by SMTP', atSmtp),
  {
    name: 'daemon: clock jumps',
    options: { nodeArgs: ['--import', join(projectRoot, 'bench/chaos/clock-jump.mjs')] },
    mostRounds: 6,
    async inject(world) {
      await world.deliver(usualMails)
      await later(Math.random() * 200)
      if (world.daemon.pid) process.kill(world.daemon.pid, 'SIGUSR2')
      await world.deliver(usualMails)
    },
  },
]
