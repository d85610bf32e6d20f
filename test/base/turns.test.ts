import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from '@jest/globals'
import { Turns } from '../../src/base/turns.ts'

const server = { host: 'mail.example', port: 143 }

test('concurrent turns are limited by server and port', async () => {
  const turns = new Turns(2, 600_000)
  const [first] = [await turns.begin(server), await turns.begin(server)]
  await turns.begin({ ...server, port: 993 })
  await turns.begin({ ...server, host: 'other.example' })
  let third = false
  const waiting = turns.begin(server).then(() => {
    third = true
  })
  await turn()
  expect(third).toBe(false)
  first()
  first()
  await waiting
  let fourth = false
  void turns.begin(server).then(() => {
    fourth = true
  })
  await turn()
  // Ending a turn twice frees only one place.
  expect(fourth).toBe(false)
})

test('a turn that nobody ends expires', async () => {
  const turns = new Turns(1, 1)
  await turns.begin(server)
  const late = AbortSignal.timeout(60_000)
  const next = await Promise.race([turns.begin(server), once(late, 'abort')])
  expect(next).toBeInstanceOf(Function)
})

test('who passes comes after the turns that were asked for earlier', async () => {
  const turns = new Turns(1, 600_000)
  await turns.pass(server)
  const end = await turns.begin(server)
  const began: string[] = []
  const second = turns.begin(server).then((endSecond) => {
    began.push('second')
    return endSecond
  })
  const passed = turns.pass(server).then(() => began.push('passed'))
  await turns.pass({ ...server, host: 'other.example' })
  end()
  const endSecond = await second
  await turn()
  expect(began).toEqual(['second'])
  endSecond()
  await passed
})
