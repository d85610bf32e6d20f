/** Problems that need several processes on one store. */
import { claim, type Moment } from '../moment.ts'
import type { World } from '../world.ts'
import { tell } from './redis.ts'

/** A frozen machine whose job is lost wakes up after another has sent the reply. */
async function heldClaim(world: World): Promise<void> {
  const { promise: sent, resolve: release } = deferred()
  const held = world.postgres?.once('toServer', (text) =>
    claim.test(text) ? sent.then(() => text) : undefined,
  )
  world.smtpFault = (moment) => {
    // Its answer reaches the other machine first.
    if (moment === 'dot') setTimeout(release, 100)
    return undefined
  }
  await world.deliver(['send'])
  await held
  world.redis?.freezeAll()
  await tell(world.redisServer, 'FLUSHALL')
  await using second = await world.anotherDaemon('second', 'work')
  second.start()
  await sent
  world.smtpFault = () => undefined
  world.redis?.cutAll()
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {}
  const promise = new Promise<void>((release) => {
    resolve = release
  })
  return { promise, resolve }
}

export const machineMoments: readonly Moment[] = [
  {
    name: 'machines: claim held up while another sends',
    where: ({ redis, postgres }) => redis && postgres,
    options: { ownRedis: {} },
    inject: heldClaim,
  },
]
