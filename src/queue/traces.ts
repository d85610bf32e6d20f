/** Traces of jobs for OpenTelemetry. Owners who want traces install the packages that create them. */
import { type Span, SpanKind, type Telemetry } from 'bullmq'
import { reasonOf } from '../base/errors.ts'
import type { Log } from '../base/log.ts'
import { programVersion } from '../base/package.ts'

export interface Traces extends AsyncDisposable {
  /** For BullMQ's `telemetry` option. */
  readonly telemetry: Telemetry
}

export interface TracesWanted {
  /** Base URL of a collector, as in OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly traces?: string | null
  /** Of a program that embeds replyd; it is used instead of the collector. */
  readonly telemetry?: Telemetry | null
}

/** The newest that run on Node 20. */
const packages = 'bullmq-otel@^2.0.1 @opentelemetry/sdk-node@^0.223.0'

/** The parts of these packages that are used. */
interface Loaded {
  BullMQOtel: new (options: { tracerName: string; version: string }) => Telemetry
  NodeSDK: new (options: {
    serviceName: string
    instrumentations: []
  }) => {
    start(): void
    shutdown(): Promise<void>
  }
}

/**
 * Null when traces are off, or the packages are missing: a log line then says what to install.
 * @param load imports a package by its name
 */
export async function openTraces(
  { traces, telemetry }: TracesWanted,
  log: Log,
  load: (name: string) => Promise<unknown> = (name) => import(name),
): Promise<Traces | null> {
  if (telemetry) return { telemetry: discreet(telemetry), [Symbol.asyncDispose]: async () => {} }
  if (!traces) return null
  const loaded = await loadPackages(load, log)
  if (loaded === null) return null
  // The SDK takes its settings from the environment alone.
  const { env } = process
  env.OTEL_EXPORTER_OTLP_ENDPOINT = traces
  const sdk = new loaded.NodeSDK({ serviceName: env.OTEL_SERVICE_NAME ?? 'replyd', instrumentations: [] })
  sdk.start()
  const close = () =>
    sdk.shutdown().catch((error) => log.warn({ event: 'traces.not-taken', reason: reasonOf(error) }))
  const otel = new loaded.BullMQOtel({ tracerName: 'replyd', version: programVersion() })
  return { telemetry: discreet(otel), [Symbol.asyncDispose]: close }
}

async function loadPackages(load: (name: string) => Promise<unknown>, log: Log): Promise<Loaded | null> {
  try {
    const [otel, sdk] = await Promise.all([load('bullmq-otel'), load('@opentelemetry/sdk-node')])
    return { ...(otel as Pick<Loaded, 'BullMQOtel'>), ...(sdk as Pick<Loaded, 'NodeSDK'>) }
  } catch (error) {
    const install = `npm install ${packages}`
    log.warn({ event: 'traces.not-installed', install, reason: reasonOf(error) })
    return null
  }
}

/** Results, failures and options of jobs may repeat what people wrote: only these attributes are passed on. */
const kept = new Set([
  'bullmq.queue.name',
  'bullmq.queue.operation',
  'bullmq.job.name',
  'bullmq.job.id',
  'bullmq.job.attempts.made',
  'bullmq.job.bulk.count',
])

/** The same telemetry without text from mail, and without BullMQ's own work: looking for jobs, renewing locks. */
function discreet({ tracer, ...rest }: Telemetry): Telemetry {
  return {
    ...rest,
    tracer: {
      startSpan: (name, options, context) =>
        (options?.kind ?? SpanKind.INTERNAL) === SpanKind.INTERNAL
          ? unrecorded
          : discreetSpan(tracer.startSpan(name, options, context)),
    },
  }
}

const unrecorded: Span = {
  setSpanOnContext: (context) => context,
  setAttribute: () => {},
  setAttributes: () => {},
  addEvent: () => {},
  recordException: () => {},
  end: () => {},
}

function discreetSpan(span: Span): Span {
  return {
    setSpanOnContext: (context) => span.setSpanOnContext(context),
    setAttribute: (key, value) => kept.has(key) && span.setAttribute(key, value),
    setAttributes: (attributes) =>
      span.setAttributes(Object.fromEntries(Object.entries(attributes).filter(([key]) => kept.has(key)))),
    addEvent: (name) => span.addEvent(name),
    /** The kind of error, not its message. */
    recordException: (exception, time) => {
      const name = (typeof exception === 'string' ? null : exception.name) ?? 'Error'
      span.recordException({ name, message: name }, time)
    },
    end: () => span.end(),
  }
}
