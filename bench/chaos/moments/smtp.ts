import type { Answer, Moment as Verb } from '../../../test/smtp/scripted-server.ts'
import { later, type Moment } from '../moment.ts'
import type { SmtpFault, World } from '../world.ts'

/** A fault that occurs once, and a promise that resolves then. */
function once(world: World, verb: Verb, act: () => Answer | undefined): Promise<void> {
  return new Promise((resolve) => {
    const fault: SmtpFault = (moment) => {
      if (moment !== verb) return undefined
      world.smtpFault = () => undefined
      resolve()
      return act()
    }
    world.smtpFault = fault
  })
}

function at(
  name: string,
  verb: Verb,
  act: (world: World) => Answer | undefined,
  more: Partial<Moment> = {},
): Moment {
  return {
    name: `smtp: ${name}`,
    // The daemon keeps its SMTP connection for a while: without a new one some verbs are not sent again.
    async inject(world) {
      if (['greeting', 'EHLO', 'AUTH'].includes(verb)) world.smtp.cutAll()
      const fired = once(world, verb, () => act(world))
      await world.deliver(['send', 'draft', 'send'])
      await fired
    },
    ...more,
  }
}

const killing = (answer?: Answer) => (world: World) => {
  world.daemon.kill()
  return answer
}

/** Counts the mail as accepted by the server although the answer is lost. */
const taking = (answer: Answer) => (world: World) => {
  const mail = world.smtp.mails.at(-1)
  if (mail) world.accepted.push(mail)
  return answer
}

/** An authentication failure stops the account until the owner has acted: here, by a restart after each. */
const refusedLogin: Moment = {
  name: 'smtp: 5yz at AUTH',
  alsoFine: ['drafted'],
  async inject(world, round) {
    if (round > 1) world.daemon.kill()
    const fired = once(world, 'AUTH', () => '535 5.7.8 no')
    world.smtp.cutAll()
    await world.deliver(['send', 'draft', 'send'])
    await fired
  },
  undo: async (world) => world.daemon.kill(),
}

const verbs = ['greeting', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA', 'dot'] as const

const refusals: readonly Moment[] = verbs.flatMap((verb) => [
  at(`4yz at ${verb}`, verb, () =>
    verb === 'greeting' || verb === 'EHLO' ? '421 4.3.2 later' : '451 4.3.0 later',
  ),
  verb === 'AUTH'
    ? refusedLogin
    : at(`5yz at ${verb}`, verb, () => '554 5.7.1 no', { alsoFine: ['drafted'] }),
])

export const smtpMoments: readonly Moment[] = [
  at('cut before MAIL', 'MAIL', () => 'reset'),
  at('killed before MAIL', 'MAIL', killing('drop')),
  at('cut after RCPT', 'RCPT', () => 'reset'),
  // A short body may be completely on its way, dot included, when the reset arrives: then the outcome can't be known.
  at('cut mid-DATA', 'mid-body', () => 'reset', { uncertain: true }),
  at('killed mid-DATA', 'mid-body', killing('drop'), { uncertain: true }),
  at('final dot, accepted, cut before 250', 'dot', taking('reset'), { uncertain: true }),
  at('final dot, not accepted, cut before 250', 'dot', () => 'drop', { uncertain: true }),
  at('final dot, accepted, killed before 250', 'dot', killing(), { uncertain: true }),
  {
    name: 'smtp: 250 sent, killed before it was read',
    uncertain: true,
    async inject(world) {
      const fired = once(world, 'dot', () => {
        setImmediate(() => world.daemon.kill())
        return undefined
      })
      await world.deliver(['send', 'draft', 'send'])
      await fired
    },
  },
  ...refusals,
  at('tarpit', 'RCPT', () => 'silence', { mostRounds: 1 }),
  {
    name: 'smtp: connection limit',
    async inject(world) {
      // The owner's other programs use all the connections that the server allows.
      let refused = 0
      const fired = new Promise<void>((resolve) => {
        world.smtpFault = (moment) => {
          if (moment !== 'greeting') return undefined
          if (++refused === 2) {
            world.smtpFault = () => undefined
            resolve()
          }
          return '421 4.7.0 too many connections'
        }
      })
      world.smtp.cutAll()
      await world.deliver(['send', 'send', 'send', 'send'])
      await fired
    },
    mostRounds: 8,
  },
  {
    name: 'smtp: dropped right after each login',
    pacesLogins: true,
    mostRounds: 1,
    async inject(world) {
      world.smtp.cutAll()
      world.smtpFault = (moment) => (moment === 'MAIL' ? 'drop' : undefined)
      await world.deliver(['send', 'send', 'send', 'send'])
      await later(10_000)
      world.smtpFault = () => undefined
    },
  },
]
