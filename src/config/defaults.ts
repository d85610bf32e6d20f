/** Defaults. The schema, the reference page and the parsed configuration all read them. */
export const defaults = {
  mailbox: 'INBOX',
  since: 'now',
  poll: '2m',
  model: {
    name: 'gpt-4o-mini',
    baseUrl: 'https://api.openai.com/v1',
    timeout: '30s',
    concurrency: 10,
    successor: 'gpt-6-luna',
  },
  /** For a self-hosted model: it answers one call at a time, and slowly. */
  ownModel: { timeout: '180s', concurrency: 1 },
  replies: {
    mode: 'draft',
    signature: '',
    check: 'send',
    draftDespite: [],
    flagDoubts: false,
    interval: '7d',
    undo: '60s',
    approve: 'off',
    html: true,
    quote: 'none',
    minConfidence: 0.7,
    ownerLanguage: 'en',
  },
  spam: { action: 'move', threshold: 0.9 },
  budget: { perDay: 1, perSender: 0.1, perDomain: 0.1, reserve: 0.2 },
  web: { host: '127.0.0.1', port: 8025 },
  state: { directory: './data' },
  log: { level: 'info' },
} as const
