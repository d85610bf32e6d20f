import { expect, test } from '@jest/globals'
import type { Span, Telemetry } from 'bullmq'
import { pino } from 'pino'
import { silentLog } from '../../src/base/log.ts'
import { openTraces } from '../../src/queue/traces.ts'

const traces = 'http://127.0.0.1:4318'
const [internal, producer] = [0, 3]

/** Notes every call, each as one line of text. */
function recording(): { telemetry: Telemetry; calls: string[] } {
  const calls: string[] = []
  const note = (name: string, ...values: unknown[]) =>
    void calls.push([name, JSON.stringify(values)].join(' '))
  const span: Span = {
    setSpanOnContext: (context) => ({ within: context }),
    setAttribute: (...values) => note('attribute', ...values),
    setAttributes: (...values) => note('attributes', ...values),
    addEvent: (...values) => note('event', ...values),
    recordException: (...values) => note('exception', ...values),
    end: () => note('end'),
  }
  const startSpan = (name: string, options?: unknown) => {
    note('start', name, options)
    return span
  }
  const contextManager = {
    with: <A extends () => unknown>(_context: unknown, work: A) => work() as ReturnType<A>,
    active: () => null,
    getMetadata: () => '{}',
    fromMetadata: () => null,
  }
  return { telemetry: { tracer: { startSpan }, contextManager }, calls }
}

test('without a collector there are none', async () => {
  expect(await openTraces({ traces: null }, silentLog)).toBeNull()
})

test('without the packages one line says what to install, and nothing else happens', async () => {
  const lines: string[] = []
  const log = pino({ level: 'trace' }, { write: (line: string) => lines.push(line) })
  expect(await openTraces({ traces }, log)).toBeNull()
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      level: 40,
      event: 'traces.not-installed',
      install: 'npm install bullmq-otel@^2.0.1 @opentelemetry/sdk-node@^0.223.0',
      reason: expect.stringContaining('bullmq-otel'),
    }),
  ])
})

test('with the packages the SDK is started for that collector, and shut down at the end', async () => {
  const { telemetry, calls } = recording()
  const loaded: string[] = []
  const load = async (name: string) => {
    loaded.push(name)
    if (name === 'bullmq-otel')
      return {
        BullMQOtel: class {
          tracer = telemetry.tracer
        },
      }
    return {
      NodeSDK: class {
        constructor({ serviceName }: { serviceName: string }) {
          calls.push(`sdk of ${serviceName} to ${process.env.OTEL_EXPORTER_OTLP_ENDPOINT}`)
        }
        start = () => void calls.push('started')
        shutdown = async () => void calls.push('shut down')
      },
    }
  }
  const before = process.env.OTEL_EXPORTER_OTLP_ENDPOINT
  try {
    await using opened = await openTraces({ traces }, silentLog, load)
    opened?.telemetry.tracer.startSpan('add', { kind: producer }).end()
  } finally {
    if (before === undefined) delete process.env.OTEL_EXPORTER_OTLP_ENDPOINT
    else process.env.OTEL_EXPORTER_OTLP_ENDPOINT = before
  }
  expect(loaded).toEqual(['bullmq-otel', '@opentelemetry/sdk-node'])
  expect(calls).toEqual([
    `sdk of replyd to ${traces}`,
    'started',
    'start ["add",{"kind":3}]',
    'end []',
    'shut down',
  ])
})

test('what an embedding program hands in is used, and gets no text from mail', async () => {
  const { telemetry, calls } = recording()
  await using opened = await openTraces({ traces, telemetry }, silentLog)
  const span = opened?.telemetry.tracer.startSpan('process', { kind: producer })
  span?.setAttribute('bullmq.job.result', 'secret words')
  span?.setAttribute('bullmq.job.id', 'triage-m1')
  span?.setAttributes({ 'bullmq.queue.name': 'model', 'bullmq.job.failed.reason': 'secret words' })
  span?.addEvent('job failed', { 'bullmq.job.failed.reason': 'secret words' })
  span?.recordException({ name: 'TypeError', message: 'secret words', stack: 'secret words' })
  span?.recordException('secret words')
  span?.end()
  expect(calls).toEqual([
    'start ["process",{"kind":3}]',
    'attribute ["bullmq.job.id","triage-m1"]',
    'attributes [{"bullmq.queue.name":"model"}]',
    'event ["job failed"]',
    'exception [{"name":"TypeError","message":"TypeError"},null]',
    'exception [{"name":"Error","message":"Error"},null]',
    'end []',
  ])
})

test.each([undefined, { kind: internal }])("BullMQ's own work (%j) is left out", async (options) => {
  const { telemetry, calls } = recording()
  await using opened = await openTraces({ telemetry }, silentLog)
  const span = opened?.telemetry.tracer.startSpan('getNextJob', options)
  span?.setAttribute('bullmq.job.id', 'triage-m1')
  span?.end()
  expect([span?.setSpanOnContext('outer'), calls]).toEqual(['outer', []])
})
