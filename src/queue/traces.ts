/**
 * Job traces for OpenTelemetry: BullMQ's Telemetry interface, and OTLP over HTTP with JSON
 * (opentelemetry.io/docs/specs/otlp). Implemented here because bullmq-otel contains only the interface: the SDK and
 * exporter it needs are a dozen more packages, and the current ones do not run on Node 20. Spans contain ids, step
 * names and times, nothing from a mail.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { randomBytes } from 'node:crypto'
import type { Telemetry } from 'bullmq'
import { reasonOf } from '../base/errors.ts'
import { exchange } from '../base/http.ts'
import type { Log } from '../base/log.ts'
import { programVersion } from '../base/version.ts'

export interface Traces extends AsyncDisposable {
  /** For BullMQ's `telemetry` option. */
  readonly telemetry: Telemetry<Context>
}

/** The current span; without ids if there is none. */
interface Context {
  traceId?: string
  spanId?: string
}

type Value = { stringValue: string } | { intValue: string } | { boolValue: boolean }
type Attribute = { key: string; value: Value }

/** A span in OTLP's JSON format. */
interface OtlpSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: Attribute[]
  status: { code: number }
}

const flushEveryMs = 5_000
const answersWithinMs = 10_000
const spansAtOnce = 512
/** Spans that wait while the collector is down; later ones are dropped. */
const mostWaiting = 4_096

/**
 * BullMQ numbers kinds from 0 (internal), OTLP from 1. Internal ones (looking for a job, renewing locks) are omitted.
 */
const internal = 0
/** Results and reasons may contain people's text. */
const kept = new Set([
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.name',
  'bullmq.job.id',
  'bullmq.job.attempts.made',
  'bullmq.job.bulk.count',
])

/** @param endpoint of the collector, as in OTEL_EXPORTER_OTLP_ENDPOINT: `/v1/traces` is added */
export function openTraces(endpoint: string, log: Log): Traces {
  const exporter = new Exporter(new URL(`${endpoint.replace(/\/+$/, '')}/v1/traces`), log)
  const storage = new AsyncLocalStorage<Context>()
  return {
    telemetry: {
      tracer: {
        startSpan: (name, options, parent) =>
          new JobSpan(name, options?.kind ?? internal, parent ?? storage.getStore() ?? {}, exporter),
      },
      contextManager: {
        with: (context, work) => storage.run(context, work) as ReturnType<typeof work>,
        active: () => storage.getStore() ?? {},
        root: () => ({}),
        getMetadata: ({ traceId, spanId }: Context) =>
          traceId ? JSON.stringify({ traceparent: `00-${traceId}-${spanId}-01` }) : '{}',
        fromMetadata: (active, metadata) => parsedParent(metadata) ?? active,
      },
    },
    [Symbol.asyncDispose]: () => exporter.close(),
  }
}

/** The parent stored with a job (W3C Trace Context section 3.2); null if there is none. */
function parsedParent(metadata: string): Context | null {
  const [, traceId, spanId] = /"traceparent":"00-([0-9a-f]{32})-([0-9a-f]{16})-/.exec(metadata) ?? []
  return traceId && spanId ? { traceId, spanId } : null
}

const nanoseconds = () => `${BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000)) * 1000n}`

class JobSpan {
  readonly #span: OtlpSpan
  readonly #parent: Context
  readonly #exporter: Exporter

  constructor(name: string, kind: number, parent: Context, exporter: Exporter) {
    this.#parent = parent
    this.#exporter = exporter
    this.#span = {
      traceId: parent.traceId ?? randomBytes(16).toString('hex'),
      spanId: randomBytes(8).toString('hex'),
      ...(parent.spanId ? { parentSpanId: parent.spanId } : {}),
      name,
      kind: kind + 1,
      startTimeUnixNano: nanoseconds(),
      endTimeUnixNano: '',
      attributes: [],
      status: { code: 0 },
    }
  }

  /** An omitted span is not a parent either. */
  setSpanOnContext(_context: Context): Context {
    const { traceId, spanId, kind } = this.#span
    return kind === internal + 1 ? this.#parent : { traceId, spanId }
  }

  setAttribute(key: string, value: unknown): void {
    if (!kept.has(key)) return
    const wrapped =
      typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: String(value) }
    this.#span.attributes.push({ key, value: wrapped })
  }

  setAttributes(attributes: Record<string, unknown>): void {
    for (const [key, value] of Object.entries(attributes)) this.setAttribute(key, value)
  }

  addEvent(): void {}

  /** The kind of error, not its message. */
  recordException(exception: unknown): void {
    const name = exception instanceof Error ? exception.name : 'Error'
    this.#span.status = { code: 2 }
    this.#span.attributes.push({ key: 'error.type', value: { stringValue: name } })
  }

  end(): void {
    this.#span.endTimeUnixNano = nanoseconds()
    if (this.#span.kind !== internal + 1) this.#exporter.add(this.#span)
  }
}

/** Sends spans in batches. While the collector is down spans are lost, never mail. */
class Exporter {
  readonly #url: URL
  readonly #log: Log
  readonly #timer: NodeJS.Timeout
  #waiting: OtlpSpan[] = []
  #failing = false

  constructor(url: URL, log: Log) {
    this.#url = url
    this.#log = log
    this.#timer = setInterval(() => void this.#flush(), flushEveryMs).unref()
  }

  add(span: OtlpSpan): void {
    if (this.#waiting.length < mostWaiting) this.#waiting.push(span)
    if (this.#waiting.length === spansAtOnce) void this.#flush()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#flush()
  }

  async #flush(): Promise<void> {
    const spans = this.#waiting.splice(0, this.#waiting.length)
    if (spans.length === 0) return
    try {
      const { status } = await exchange(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(exported(spans)),
        mostOctets: 65_536,
        cut: true,
        withinMs: answersWithinMs,
      })
      if (status < 200 || status > 299) throw new Error(`HTTP ${status}`)
      this.#failing = false
    } catch (error) {
      // Logged once, not every five seconds.
      if (!this.#failing)
        this.#log.warn({ event: 'traces.not-taken', reason: reasonOf(error), spans: spans.length })
      this.#failing = true
    }
  }
}

const attribute = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } })

function exported(spans: readonly OtlpSpan[]) {
  const resource = {
    attributes: [attribute('service.name', 'replyd'), attribute('service.version', programVersion())],
  }
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'replyd' }, spans }] }] }
}
