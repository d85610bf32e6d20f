import { EventEmitter, once } from 'node:events'
import { PassThrough } from 'node:stream'
import { expect, test } from '@jest/globals'
import { Body } from '../../src/smtp/body.ts'

/** An answer that the test gives when it wants. */
function asking() {
  const events = new EventEmitter()
  const asked = once(events, 'asked')
  const answer = {
    resolve: () => events.emit('answer', null),
    reject: (why: Error) => events.emit('answer', why),
  }
  const mayEnd = async () => {
    events.emit('asked')
    const [refusal] = await once(events, 'answer')
    if (refusal) throw refusal
  }
  return { asked, answer, mayEnd }
}

test('one that is stopped while the question is open never ends, whatever the answer', async () => {
  const { asked, answer, mayEnd } = asking()
  const body = new Body(Buffer.from('text'), mayEnd)
  const onto = new PassThrough()
  let ended = false
  onto.on('finish', () => {
    ended = true
  })
  body.pipe(onto)
  await asked
  let stopped = false
  const stopping = body.stop().then((progress) => {
    stopped = true
    return progress
  })
  await new Promise(setImmediate)
  expect(stopped).toBe(false)
  answer.resolve()
  expect(await stopping).toBe('cut')
  await new Promise(setImmediate)
  expect([ended, body.refusal, onto.read()?.toString()]).toEqual([false, null, 'text'])
})

test('one that may not end says why', async () => {
  const { asked, answer, mayEnd } = asking()
  const body = new Body(Buffer.from('text'), mayEnd)
  const failed = new Promise((resolve) => body.once('error', resolve))
  body.pipe(new PassThrough())
  await asked
  const refusal = new Error('no')
  answer.reject(refusal)
  expect(await failed).toBe(refusal)
  expect([await body.stop(), body.refusal]).toEqual(['cut', refusal])
})

test('one whose last octet was handed over is complete only with its end', async () => {
  const { asked, answer, mayEnd } = asking()
  const body = new Body(Buffer.from('text'), mayEnd)
  expect(body.progress).toBe('unsent')
  const ended = new Promise((resolve) => body.once('end', resolve))
  body.pipe(new PassThrough())
  await asked
  expect(body.progress).toBe('cut')
  answer.resolve()
  await ended
  expect(await body.stop()).toBe('complete')
})
