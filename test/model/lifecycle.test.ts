import { expect, test } from '@jest/globals'
import type { ModelSettings } from '../../src/config/settings.ts'
import { capabilitiesOf } from '../../src/model/capabilities.ts'
import { modelWarnings } from '../../src/model/client.ts'
import { durationOf } from '../../src/model/errors.ts'

const listed = [
  { id: 'gpt-6-luna', shutdown: null, contextTokens: null },
  { id: 'gpt-4o-mini', shutdown: null, contextTokens: null },
]

const local: ModelSettings = {
  ...{ name: 'x', baseUrl: 'http://127.0.0.1:8080/v1', host: 'own', apiKey: '', timeoutMs: 1000 },
  ...{ concurrency: 1, price: null, json: null, contextTokens: null },
}

test.each([
  [
    'gpt-4o-mini',
    listed,
    '2026-11-24',
    true,
    ['will be shut down on 2027-01-14; from then on gpt-6-luna answers in its place'],
  ],
  ['gpt-4o-mini-2024-07-18', null, '2026-11-24', true, ['will be shut down on 2027-01-14']],
  [
    'gpt-4o-mini',
    null,
    '2027-01-14',
    true,
    ['was to be shut down on 2027-01-14; gpt-6-luna answers in its place'],
  ],
  [
    'gpt-4o-mini',
    [listed[0]!],
    '2027-02-01',
    true,
    ["is not in the server's list; set model.name to gpt-6-luna", 'was to be shut down on'],
  ],
  ['gpt-6-luna', listed, '2026-11-24', true, []],
  ['gpt-6-luna', null, '2026-11-24', true, []],
  ['gpt-6-luna', [], '2026-11-24', true, []],
  // The owner's own server keeps a model as long as the owner likes, unless it says otherwise.
  ['gpt-4o-mini', listed, '2026-11-24', false, []],
  [
    'mistral',
    [{ id: 'mistral', shutdown: '2026-12-31', contextTokens: null }],
    '2026-11-24',
    false,
    ['will be shut down on 2026-12-31; choose another model.name'],
  ],
  [
    'mistral',
    listed,
    '2026-11-24',
    false,
    ["is not in the server's list (it has, for example, gpt-6-luna, gpt-4o-mini)"],
  ],
] as const)('%s, listed %j, on %s (official %s): %j', (name, list, today, official, expected) => {
  const settings = { ...local, name, host: official ? ('openai' as const) : ('own' as const) }
  const warnings = modelWarnings(settings, 'gpt-6-luna', list, today)
  expect(warnings).toHaveLength(expected.length)
  for (const [at, text] of expected.entries()) expect(warnings[at]).toContain(text)
})

test.each<[Partial<ModelSettings>, string | null, string[]]>([
  [{ name: 'gpt-4o-mini' }, null, ['will be shut down on 2027-01-14; set model.name to gpt-6-luna']],
  // More expensive than the model that it would replace.
  [{ name: 'gpt-5-nano' }, 'gpt-6-luna', ['will be shut down on 2026-12-10; set model.name to gpt-6-luna']],
  [{ name: 'gpt-9' }, 'gpt-6-luna', ['the price of gpt-9 is not known: 10 US dollars (in) and 50 (out)']],
  [{ name: 'gpt-9', price: { input: 1, cachedInput: 1, output: 2 } }, 'gpt-6-luna', []],
  [{ name: 'llama3', host: 'own' }, 'gpt-6-luna', []],
  [{ name: 'llama3', host: 'other' }, 'gpt-6-luna', ['the price of llama3 is not known']],
])('%j with the successor %s: %j', (settings, successor, expected) => {
  const warnings = modelWarnings({ ...local, host: 'openai', ...settings }, successor, null, '2026-11-28')
  expect(warnings).toEqual(expected.map((text) => expect.stringContaining(text)))
})

test('a server with one model takes any name for it', () => {
  const one = [{ id: '/models/q4.gguf', shutdown: null, contextTokens: 4096 }]
  expect(modelWarnings(local, null, one, '2026-11-28')).toEqual([])
  expect(
    modelWarnings(
      { ...local, host: 'other', price: { input: 0, cachedInput: 0, output: 0 } },
      null,
      one,
      '2026-11-28',
    ),
  ).toHaveLength(1)
})

test.each([
  ['gpt-4o-mini', true, 'max_completion_tokens', null, 128_000],
  ['openai/gpt-4o-mini-2024-07-18', true, 'max_completion_tokens', null, 128_000],
  ['gpt-6-luna', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-5', true, 'max_completion_tokens', 'minimal', 400_000],
  ['gpt-5-mini-2025-08-07', true, 'max_completion_tokens', 'minimal', 400_000],
  ['gpt-5.1', true, 'max_completion_tokens', 'none', 400_000],
  ['gpt-5.4-mini', true, 'max_completion_tokens', 'none', 400_000],
  ['gpt-5.6-luna', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-6.1-terra', true, 'max_completion_tokens', 'none', 1_050_000],
  ['gpt-6.2-sol', true, 'max_completion_tokens', 'low', 1_050_000],
  ['gpt-6.2-astra', true, 'max_completion_tokens', 'low', 1_050_000],
  ['o3', true, 'max_completion_tokens', 'low', 200_000],
  ['qwen3:8b', true, 'max_tokens', null, null],
])(
  '%s: temperature %s, %s, effort %s, context %s',
  (name, temperature, limitField, effort, contextTokens) => {
    expect(capabilitiesOf({ name })).toMatchObject({ temperature, limitField, effort, contextTokens })
  },
)

test.each([
  ['1s', 1000],
  ['6m0s', 360_000],
  ['120ms', 120],
  ['1h2m3.5s', 3_723_500],
  ['', null],
  ['5', null],
  ['1 s', null],
  [null, null],
])('%j are %s milliseconds', (text, expected) => {
  expect(durationOf(text)).toBe(expected)
})
