import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Batcher } from '../../src/base/batcher.ts'

const lingerMs = 10

describe('a batch waits for more inputs only while they come often', () => {
  let batches: number[][]
  let batcher: Batcher<number, number>

  beforeEach(() => {
    jest.useFakeTimers({ now: 0 })
    batches = []
    const ask = async (inputs: readonly number[]) => {
      batches.push([...inputs])
      return inputs
    }
    batcher = new Batcher(ask, { lingerMs })
  })
  afterEach(() => {
    jest.useRealTimers()
  })

  test('an input that comes alone is sent in the same turn of the event loop', async () => {
    const answer = batcher.ask(1)
    await jest.advanceTimersByTimeAsync(0)
    expect(batches).toEqual([[1]])
    await expect(answer).resolves.toBe(1)
  })

  test('one that follows another waits for a third', async () => {
    void batcher.ask(1)
    await jest.advanceTimersByTimeAsync(1)
    const second = batcher.ask(2)
    await jest.advanceTimersByTimeAsync(lingerMs - 1)
    const third = batcher.ask(3)
    expect(batches).toEqual([[1]])
    await jest.advanceTimersByTimeAsync(1)
    expect(batches).toEqual([[1], [2, 3]])
    await expect(Promise.all([second, third])).resolves.toEqual([2, 3])
  })

  test('after a pause the next one is sent immediately again', async () => {
    void batcher.ask(1)
    void batcher.ask(2)
    await jest.advanceTimersByTimeAsync(1000)
    void batcher.ask(3)
    await jest.advanceTimersByTimeAsync(0)
    expect(batches).toEqual([[1, 2], [3]])
  })
})
